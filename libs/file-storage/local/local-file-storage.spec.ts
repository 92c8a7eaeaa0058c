import { open, readdir, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { newFileId } from '@tollgate/domain';
import { FakeClock, useTemporaryFolder } from '@tollgate/testing';
import { StorageFullError } from '../file-storage';
import type { OutputFile } from './batched-output';
import { BATCH_BYTES, DEAD_AFTER_MS, TOUCH_EVERY_MS } from './limits';
import { LocalFileStorage } from './local-file-storage';

const clock = new FakeClock(Date.now());

function fault(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code });
}

async function contentOf(storage: LocalFileStorage, key: string): Promise<string> {
  return Buffer.concat(await (await storage.read(key)).toArray()).toString();
}

describe('LocalFileStorage', () => {
  const folder = useTemporaryFolder();

  async function files(): Promise<readonly string[]> {
    const entries = await readdir(folder(), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  /** A storage whose files fail as told, on a real disk. */
  async function faulty(faults: Partial<OutputFile>): Promise<LocalFileStorage> {
    const storage = new LocalFileStorage({
      path: folder(),
      clock,
      openFile: async (path) => {
        const handle = await open(path, 'wx');
        return {
          writev: async (chunks) => handle.writev(chunks),
          sync: async () => handle.sync(),
          close: async () => handle.close(),
          ...faults,
        };
      },
    });
    await storage.open();
    return storage;
  }

  it('lets nobody else on the machine read what it holds', async () => {
    const path = join(folder(), 'deep', 'uploads');
    const storage = new LocalFileStorage({ path, clock });
    await storage.open();
    const writer = await storage.create(newFileId());
    await writer.complete();
    await writer.keep();

    const [file] = await files();
    expect((await stat(file!)).mode & 0o777).toBe(0o600);
    for (const place of [path, join(path, '.tmp'), join(path, '.ready'), join(file!, '..'), join(file!, '..', '..')]) {
      expect((await stat(place)).mode & 0o777).toBe(0o700);
    }
  });

  it('says which folder can not be used', async () => {
    await writeFile(join(folder(), 'file'), '');
    const path = join(folder(), 'file', 'uploads');

    await expect(new LocalFileStorage({ path, clock }).open()).rejects.toThrow(`the folder of uploads, ${path}, can't`);
  });

  it('finds out at the start that one of its folders can not be used, and leaves nothing', async () => {
    await writeFile(join(folder(), '.ready'), 'in the way');

    await expect(new LocalFileStorage({ path: folder(), clock }).open()).rejects.toThrow(folder());
    expect(await files()).toStrictEqual([join(folder(), '.ready')]);
  });

  it('opens the same folder any number of times at once', async () => {
    const storages = Array.from({ length: 5 }, () => new LocalFileStorage({ path: folder(), clock }));

    await Promise.all(storages.map(async (storage) => storage.open()));

    expect(await files()).toStrictEqual([]);
  });

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
    'says that it is full and leaves nothing when a write ends in %s',
    async (code) => {
      const storage = await faulty({ writev: async () => Promise.reject(fault(code)) });
      const writer = await storage.create(newFileId());
      const chunk = Buffer.alloc(BATCH_BYTES);
      await writer.write(chunk);

      await expect(writer.write(chunk)).rejects.toThrow(StorageFullError);
      expect(await files()).toStrictEqual([]);
      await expect(writer.abort()).resolves.toBeUndefined();
    },
  );

  it('says that it is full when only the last sync finds out, and leaves nothing', async () => {
    const storage = await faulty({ sync: async () => Promise.reject(fault('ENOSPC')) });
    const writer = await storage.create(newFileId());
    await writer.write(Buffer.from('content'));

    await expect(writer.complete()).rejects.toThrow(StorageFullError);
    expect(await files()).toStrictEqual([]);
  });

  it('says that it is full when there is no room for another file', async () => {
    const openFile = async (): Promise<OutputFile> => Promise.reject(fault('ENOSPC'));
    const storage = new LocalFileStorage({ path: folder(), clock, openFile });

    await expect(storage.create(newFileId())).rejects.toThrow(StorageFullError);
  });

  it('leaves nothing of a content that fails for another reason, and passes the reason on', async () => {
    const storage = await faulty({ sync: async () => Promise.reject(fault('EIO')) });
    const writer = await storage.create(newFileId());
    const failure: unknown = await writer.complete().catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'EIO' });
    expect(failure).not.toBeInstanceOf(StorageFullError);
    expect(await files()).toStrictEqual([]);
  });

  it('keeps a content readable when its move fails, and moves it with a later sweep', async () => {
    const later = new FakeClock(Date.now());
    const storage = new LocalFileStorage({ path: folder(), clock: later });
    await storage.open();
    const writer = await storage.create('file_blocked');
    await writer.write(Buffer.from('content'));
    const key = await writer.complete();
    // Links to nowhere in place of every folder that it may go to.
    const links = Array.from({ length: 256 }, (_, byte) => join(folder(), byte.toString(16).padStart(2, '0')));
    await Promise.all(links.map(async (link) => symlink('nowhere', link)));

    await expect(writer.keep()).resolves.toBeUndefined();
    expect(await contentOf(storage, key)).toBe('content');
    expect((await files()).map((file) => basename(file))).toStrictEqual([key]);

    await Promise.all(links.map(async (link) => unlink(link)));
    later.advance(DEAD_AFTER_MS);
    await storage.sweep(async (ids) => new Set(ids));
    expect((await files()).map((file) => basename(file))).toStrictEqual(['file_blocked']);
    expect(await contentOf(storage, key)).toBe('content');
  });

  it('refuses a second content under an id that is being written', async () => {
    const storage = new LocalFileStorage({ path: folder(), clock });
    await storage.open();
    const writer = await storage.create('file_one');

    await expect(storage.create('file_one')).rejects.toMatchObject({ code: 'EEXIST' });
    await writer.write(Buffer.from('first'));
    const key = await writer.complete();
    expect(await contentOf(storage, key)).toBe('first');
  });

  it('says every 30 seconds of what it writes, and of what waits for its record, that somebody is at it', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date', 'performance'] });
    try {
      const storage = new LocalFileStorage({ path: folder(), clock });
      await storage.open();
      const writing = await storage.create('file_writing');
      const waiting = await storage.create('file_waiting');
      await waiting.complete();
      const old = new Date(clock.nowMs() - 1_000_000);
      for (const file of await files()) await utimes(file, old, old);

      jest.advanceTimersByTime(TOUCH_EVERY_MS);
      const touched = async () => Promise.all((await files()).map(async (file) => (await stat(file)).mtimeMs));
      while ((await touched()).some((time) => time < clock.nowMs() - 1)) {
        await new Promise((resolve) => setImmediate(resolve));
      }

      expect(await files()).toHaveLength(2);
      expect(jest.getTimerCount()).toBe(1);
      await writing.abort();
      await waiting.keep();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});

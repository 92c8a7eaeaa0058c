import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { newFileId } from '@tollgate/domain';
import { FileGoneError, type FileStorage } from '@tollgate/file-storage';

/** One open, empty storage of a driver, as the contract suite sees it. */
export interface FileStorageUnderTest {
  readonly storage: FileStorage;
  /** Names of all that it holds, complete or not, whoever wrote it. */
  holdings(): Promise<readonly string[]>;
  /** Makes as much time pass, for the storage, as its sweep lets anything wait. */
  passTime(): Promise<void>;
  teardown(): Promise<void>;
}

const none = async (): Promise<ReadonlySet<string>> => new Set();
const all = async (ids: readonly string[]): Promise<ReadonlySet<string>> => new Set(ids);
/** More than a part of any driver. */
const LARGE_BYTES = 19_000_001;

async function contentOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await stream.toArray());
}

/** What every {@link FileStorage} guarantees. */
export function fileStorageContract(name: string, setup: () => Promise<FileStorageUnderTest>): void {
  describe(`${name}: FileStorage`, () => {
    let test: FileStorageUnderTest;
    beforeEach(async () => {
      test = await setup();
    }, 60_000);
    afterEach(async () => {
      await test.teardown();
    });

    async function begin(content: Buffer, chunkBytes = 65_536, fileId = newFileId()) {
      const writer = await test.storage.create(fileId);
      for (let from = 0; from < content.length; from += chunkBytes) {
        await writer.write(content.subarray(from, from + chunkBytes));
      }
      return writer;
    }

    async function store(content: Buffer, chunkBytes?: number): Promise<string> {
      const writer = await begin(content, chunkBytes);
      const key = await writer.complete();
      await writer.keep();
      return key;
    }

    it.each([
      ['nothing', 0, 1],
      ['one byte', 1, 1],
      ['a thousand chunks of one byte', 1_000, 1],
      ['chunks of odd sizes', 3_000_001, 70_001],
      ['one chunk larger than any batch', LARGE_BYTES, LARGE_BYTES],
      ['more than a part', LARGE_BYTES, 65_536],
    ])('gives back what was written: %s', async (_what, bytes, chunkBytes) => {
      const content = randomBytes(bytes);

      const key = await store(content, chunkBytes);

      expect((await contentOf(await test.storage.read(key))).equals(content)).toBe(true);
    });

    it.each([
      ['the first byte', 0, 0],
      ['the last byte', 99_999, 99_999],
      ['a stretch', 1_234, 56_789],
      ['all', 0, 99_999],
    ])('gives a part, both ends included: %s', async (_what, start, end) => {
      const content = randomBytes(100_000);
      const key = await store(content);

      const part = await contentOf(await test.storage.read(key, { start, end }));

      expect(part.equals(content.subarray(start, end + 1))).toBe(true);
    });

    it('can be read by its key once it is complete, before and after it is kept', async () => {
      const writer = await begin(Buffer.from('content'));
      const key = await writer.complete();

      expect((await contentOf(await test.storage.read(key))).toString()).toBe('content');
      await writer.keep();
      expect((await contentOf(await test.storage.read(key))).toString()).toBe('content');
    });

    it('keeps contents that are written at once apart', async () => {
      const contents = Array.from({ length: 8 }, () => randomBytes(1_500_000));

      const keys = await Promise.all(contents.map(async (content) => store(content, 10_007)));

      expect(new Set(keys).size).toBe(8);
      for (const [index, key] of keys.entries()) {
        expect((await contentOf(await test.storage.read(key))).equals(contents[index]!)).toBe(true);
      }
    });

    it('holds nothing of a content that was aborted before any byte, in the middle, or when complete', async () => {
      await (await test.storage.create(newFileId())).abort();
      await (await begin(randomBytes(LARGE_BYTES))).abort();
      const complete = await begin(randomBytes(1_000));
      const key = await complete.complete();
      await complete.abort();
      await complete.abort();

      expect(await test.holdings()).toStrictEqual([]);
      await expect(test.storage.read(key)).rejects.toThrow(FileGoneError);
    });

    it('holds nothing of a content that is aborted while it takes bytes or is being completed', async () => {
      const written = await begin(randomBytes(1_000));
      const writing = written.write(randomBytes(9_000_000)).catch(() => undefined);
      const completed = await begin(randomBytes(9_000_000));
      const completing = completed.complete();
      completing.catch(() => undefined);

      await Promise.all([written.abort(), completed.abort(), writing]);

      await expect(completing).rejects.toThrow();
      expect(await test.holdings()).toStrictEqual([]);
    });

    it('takes nothing more and completes nothing once aborted', async () => {
      const writer = await begin(randomBytes(1_000));
      await writer.abort();

      await expect(writer.write(Buffer.from('more'))).rejects.toThrow();
      await expect(writer.complete()).rejects.toThrow();
      expect(await test.holdings()).toStrictEqual([]);
    });

    it('keeps what was kept, whoever aborts it afterwards', async () => {
      const writer = await begin(Buffer.from('kept'));
      const key = await writer.complete();
      await writer.keep();
      await writer.abort();

      expect((await contentOf(await test.storage.read(key))).toString()).toBe('kept');
    });

    it.each([
      ['keeps a content that was left', 'a record names it', all, 0],
      ['removes a content that was left', 'none does', none, 1],
    ])('%s to the sweep when %s, and nothing happens to it before', async (_what, _when, find, orphaned) => {
      const writer = await begin(Buffer.from('left'));
      const key = await writer.complete();
      await writer.leave();
      await writer.abort();
      await test.storage.sweep(none);
      expect((await contentOf(await test.storage.read(key))).toString()).toBe('left');

      await test.passTime();
      expect(await test.storage.sweep(find)).toStrictEqual({ abandoned: 0, orphaned });

      expect(await test.holdings()).toHaveLength(1 - orphaned);
    });

    it('can not be left before it is complete', async () => {
      const writer = await begin(Buffer.from('half'));
      await expect(writer.leave()).rejects.toThrow('not complete');
      await writer.abort();
      expect(await test.holdings()).toStrictEqual([]);
    });

    it('removes a content, and says of one that is not there that it is gone', async () => {
      const key = await store(randomBytes(1_000));
      const unkept = await (await begin(randomBytes(1_000))).complete();

      await test.storage.remove(key);
      await test.storage.remove(key);
      await test.storage.remove(unkept);

      expect(await test.holdings()).toStrictEqual([]);
      await expect(test.storage.read(key)).rejects.toThrow(FileGoneError);
      await expect(test.storage.read(key, { start: 0, end: 1 })).rejects.toThrow(FileGoneError);
    });

    it.each(['', '..', '../outside', 'a/b', 'a\0b', 'a.b', 'ä', 'a'.repeat(65)])(
      'takes no id that is none of ours: %j',
      async (id) => {
        await expect(test.storage.create(id)).rejects.toThrow(RangeError);
        expect(await test.holdings()).toStrictEqual([]);
      },
    );

    it.each(['', '..', '../../etc/passwd', '/etc/passwd', 'file_none', `${'a/'.repeat(20)}x`])(
      'has no content under a key that it never gave: %j',
      async (key) => {
        await expect(test.storage.read(key)).rejects.toThrow(FileGoneError);
        await expect(test.storage.remove(key)).resolves.toBeUndefined();
      },
    );

    it('lets a reader go away in the middle', async () => {
      const key = await store(randomBytes(LARGE_BYTES));
      const stream = await test.storage.read(key);
      await once(stream, 'readable');
      stream.destroy();
      await once(stream, 'close');

      expect(await contentOf(await test.storage.read(key, { start: 0, end: 9 }))).toHaveLength(10);
    });

    it('knows how much room is left, or that there is no bound', async () => {
      const free = await test.storage.freeBytes();

      expect(free === undefined || (Number.isSafeInteger(free) && free > 0)).toBe(true);
    });

    it('sweeps nothing that somebody writes or waits for, however long it takes, nor what a record names', async () => {
      const kept = await store(Buffer.from('kept'));
      const writer = await begin(randomBytes(1_000));

      await test.storage.sweep(none);
      expect((await contentOf(await test.storage.read(kept))).toString()).toBe('kept');
      await test.passTime();
      expect(await test.storage.sweep(all)).toStrictEqual({ abandoned: 0, orphaned: 0 });

      await writer.write(Buffer.from('more'));
      const key = await writer.complete();
      expect(await contentOf(await test.storage.read(key))).toHaveLength(1_004);
      expect((await contentOf(await test.storage.read(kept))).toString()).toBe('kept');
    });

    it('may be swept by several at once', async () => {
      const reports = await Promise.all(Array.from({ length: 4 }, async () => test.storage.sweep(none)));

      expect(reports).toStrictEqual(Array(4).fill({ abandoned: 0, orphaned: 0 }));
    });
  });
}

import { spawnSync } from 'node:child_process';
import { mkdir, readdir, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newFileId } from '@tollgate/domain';
import { FakeClock, useTemporaryFolder } from '@tollgate/testing';
import { DEAD_AFTER_MS, UNNAMED_FOR_MS } from './limits';
import { LocalFileStorage } from './local-file-storage';
import { LocalPartialUploads } from './local-partial-uploads';
import { type ProcessOwner, ownProcess } from './process-owner';
import { DESCRIPTION, type FolderEntry, UploadFolder, newEntry } from './upload-folder';

const none = async (): Promise<ReadonlySet<string>> => new Set();
const all = async (ids: readonly string[]): Promise<ReadonlySet<string>> => new Set(ids);

describe('the sweep of a folder', () => {
  const folderOf = useTemporaryFolder();
  const self = ownProcess();
  const elsewhere: ProcessOwner = { ...self, machine: '0123456789ab' };
  let ended: ProcessOwner;
  let folder: UploadFolder;
  let clock: FakeClock;
  let storage: LocalFileStorage;

  beforeAll(() => {
    ended = { ...self, pid: spawnSync(process.execPath, ['--version']).pid };
  });
  beforeEach(async () => {
    folder = new UploadFolder(folderOf());
    clock = new FakeClock(Date.now());
    storage = new LocalFileStorage({ path: folder.path, clock });
    await storage.open();
  });

  async function leave(where: 'unfinished' | 'ready', owner: ProcessOwner, agoMs = 0): Promise<FolderEntry> {
    const entry = newEntry(newFileId(), owner);
    const path = where === 'ready' ? folder.readyPath(entry) : folder.unfinishedPath(entry);
    await writeFile(path, 'content');
    const at = new Date(clock.nowMs() - agoMs);
    await utimes(path, at, at);
    return entry;
  }

  async function names(): Promise<readonly string[]> {
    const entries = await readdir(folder.path, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  }

  it('removes at once what a process of this machine was writing when it died', async () => {
    await leave('unfinished', ended);
    await leave('unfinished', ended);

    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 2, orphaned: 0 });
    expect(await names()).toStrictEqual([]);
  });

  it('leaves what another process writes as long as that says so, and removes it two minutes after', async () => {
    const fresh = await leave('unfinished', elsewhere, DEAD_AFTER_MS - 1_000);
    const sibling = await leave('unfinished', { ...self, pid: process.ppid, startTicks: '0' }, DEAD_AFTER_MS - 1_000);
    await leave('unfinished', elsewhere, DEAD_AFTER_MS);

    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 1, orphaned: 0 });
    expect([...(await names())].sort()).toStrictEqual([fresh.name, sibling.name].sort());

    clock.advance(1_000);
    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 2, orphaned: 0 });
  });

  it('leaves what this process writes although nothing comes for hours', async () => {
    const writer = await storage.create(newFileId());
    await writer.write(Buffer.from('slow'));
    clock.advance(100 * DEAD_AFTER_MS);

    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 0, orphaned: 0 });
    await writer.complete();
    clock.advance(100 * DEAD_AFTER_MS);
    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 0, orphaned: 0 });
    await expect(writer.keep()).resolves.toBeUndefined();
    expect((await names())[0]).toMatch(/^file_\w{22}$/);
  });

  it('moves a complete content that has a record to its place, under the same key', async () => {
    const entry = await leave('ready', ended);
    clock.set(Date.now() + UNNAMED_FOR_MS + 1_000);

    expect(await storage.sweep(all)).toStrictEqual({ abandoned: 0, orphaned: 0 });

    expect(await names()).toStrictEqual([entry.fileId]);
    expect(dirname(dirname(dirname(folder.finalPath(entry.fileId))))).toBe(folder.path);
    expect(Buffer.concat(await (await storage.read(entry.name)).toArray()).toString()).toBe('content');
  });

  it('removes a complete content that nobody names within a minute, and asks for none before', async () => {
    await leave('ready', ended);
    const asked = jest.fn(none);
    clock.advance(UNNAMED_FOR_MS - 10_000);
    expect(await storage.sweep(asked)).toStrictEqual({ abandoned: 0, orphaned: 0 });
    expect(asked).not.toHaveBeenCalled();

    clock.set(Date.now() + UNNAMED_FOR_MS + 1_000);
    expect(await storage.sweep(asked)).toStrictEqual({ abandoned: 0, orphaned: 1 });
    expect(await names()).toStrictEqual([]);
  });

  it('leaves a complete content whose process is elsewhere and may still name it', async () => {
    const entry = await leave('ready', elsewhere);
    clock.advance(DEAD_AFTER_MS - 1_000);

    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 0, orphaned: 0 });
    expect(await names()).toStrictEqual([entry.name]);

    clock.advance(1_000);
    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 0, orphaned: 1 });
  });

  it('leaves a complete content that nobody names while its client may still ask for the upload', async () => {
    const partials = new LocalPartialUploads(folder.path);
    await partials.open();
    await partials.create('file_paused', 0, 'a note');
    await partials.adopt('file_paused');
    clock.set(Date.now() + 100 * DEAD_AFTER_MS);

    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 0, orphaned: 0 });
    expect(await partials.find('file_paused')).toStrictEqual({ size: 0, offset: 0, note: 'a note' });

    await unlink(folder.partialPath('file_paused', DESCRIPTION));
    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 0, orphaned: 1 });
    expect(await names()).toStrictEqual([]);
  });

  it('asks for many in questions of at most 500', async () => {
    await Promise.all(Array.from({ length: 1_001 }, async () => leave('ready', ended)));
    clock.set(Date.now() + UNNAMED_FOR_MS + 1_000);
    const sizes: number[] = [];

    const report = await storage.sweep(async (ids) => {
      sizes.push(ids.length);
      return none();
    });

    expect(sizes).toStrictEqual([500, 500, 1]);
    expect(report.orphaned).toBe(1_001);
  });

  it('touches nothing that has no name of ours', async () => {
    await mkdir(join(folder.unfinished, 'folder'));
    const others = [join(folder.path, 'README'), join(folder.unfinished, 'x.tmp'), join(folder.ready, 'file_x')];
    for (const path of others) await writeFile(path, 'mine');
    clock.advance(100 * DEAD_AFTER_MS);

    expect(await storage.sweep(none)).toStrictEqual({ abandoned: 0, orphaned: 0 });
    expect(await names()).toHaveLength(3);
  });

  it('counts each once when several sweep at the same time', async () => {
    for (let count = 0; count < 20; count += 1) await leave('unfinished', ended);
    const others = Array.from({ length: 4 }, () => new LocalFileStorage({ path: folder.path, clock }));

    const reports = await Promise.all(others.map(async (other) => other.sweep(none)));

    expect(reports.reduce((sum, { abandoned }) => sum + abandoned, 0)).toBe(20);
  });
});

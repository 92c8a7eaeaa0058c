import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock, newFileId } from '@tollgate/domain';
import { type FileStorage, StorageFullError, createLocalFileStorage } from '@tollgate/file-storage';

const DISK_BYTES = 4_194_304;
const CHUNK = Buffer.alloc(65_536, 'x');

/**
 * A disk of its own that is soon full. Undefined where nobody may mount one, as in most containers: no package mends that, so
 * that this suite alone may be missing from CI. How a full disk is answered is then shown by the writer's unit tests only.
 */
function mountSmallDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${String(DISK_BYTES)}`, 'tmpfs', path]);
  if (status === 0) return path;
  rmSync(path, { recursive: true });
  return undefined;
}

const disk = mountSmallDisk();
if (disk === undefined) console.warn('SKIPPED: a disk that is really full: nothing can be mounted here');

(disk === undefined ? describe.skip : describe)('a disk that is really full', () => {
  const path = disk ?? '';
  let storage: FileStorage;
  beforeAll(async () => {
    storage = createLocalFileStorage({ path, clock: new SystemClock() });
    await storage.open();
  });
  afterAll(() => {
    spawnSync('umount', [path]);
    rmSync(path, { recursive: true });
  });

  async function write(bytes: number): Promise<string> {
    const writer = await storage.create(newFileId());
    for (let written = 0; written < bytes; written += CHUNK.length) await writer.write(CHUNK);
    return writer.complete();
  }

  async function files(): Promise<number> {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  }

  it('refuses what does not fit, leaves nothing of it, and takes what fits afterwards', async () => {
    const before = await storage.freeBytes();
    expect(before).toBeLessThanOrEqual(DISK_BYTES);

    await expect(write(2 * DISK_BYTES)).rejects.toThrow(StorageFullError);
    expect(await files()).toBe(0);
    expect(await storage.freeBytes()).toBe(before);

    await storage.remove(await write(DISK_BYTES / 2));
    expect(await files()).toBe(0);
  });

  it('leaves nothing of several that fill it together', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, async () => write(DISK_BYTES / 2)));

    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    for (const { reason } of failed) expect(reason).toBeInstanceOf(StorageFullError);
    expect(await files()).toBe(outcomes.length - failed.length);
  });
});

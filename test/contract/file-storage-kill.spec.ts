import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalFileStorage } from '@tollgate/file-storage';
import { type CompiledLibs, FakeClock, compileLibs, useTemporaryFolder } from '@tollgate/testing';

const MINUTES_MS = 5 * 60_000;

/** Stores one content, leaves one complete without a word, and writes others until it is killed. */
const CHILD = `
const [, , libs, path, afterBytes] = process.argv;
const { createLocalFileStorage } = require(libs + '/libs/file-storage/index.js');
const { SystemClock } = require(libs + '/libs/domain/index.js');
const chunk = Buffer.alloc(50_000, 'x');
(async () => {
  const storage = createLocalFileStorage({ path, clock: new SystemClock() });
  await storage.open();
  const kept = await storage.create('file_kept');
  await kept.write(chunk);
  const keptKey = await kept.complete();
  await kept.keep();
  const waiting = await storage.create('file_waiting');
  await waiting.write(chunk);
  const waitingKey = await waiting.complete();
  const writers = await Promise.all([storage.create('file_a'), storage.create('file_b')]);
  for (let bytes = 0; ; bytes += chunk.length) {
    for (const writer of writers) await writer.write(chunk);
    if (bytes <= afterBytes && bytes + chunk.length > afterBytes) process.send({ keptKey, waitingKey });
  }
})();
`;

describe('a process that is killed while it writes', () => {
  const folder = useTemporaryFolder();
  let libs: CompiledLibs;
  beforeAll(() => {
    libs = compileLibs(['domain', 'file-storage']);
    writeFileSync(join(libs.folder, 'child.js'), CHILD);
  });
  afterAll(() => {
    libs.remove();
  });

  /** @returns the keys of the content that it stored, and of the one that was complete */
  async function killAfter(bytes: number): Promise<{ readonly keptKey: string; readonly waitingKey: string }> {
    const child = fork(join(libs.folder, 'child.js'), [libs.folder, folder(), String(bytes)]);
    const [keys] = (await once(child, 'message')) as [{ keptKey: string; waitingKey: string }];
    child.kill('SIGKILL');
    await once(child, 'exit');
    return keys;
  }

  async function files(): Promise<readonly string[]> {
    const entries = await readdir(folder(), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  }

  it.each([0, 400_000, 5_000_000])(
    'leaves nothing half-written after the next sweep, and loses nothing that was stored (after %d bytes)',
    async (bytes) => {
      const clock = new FakeClock(Date.now());
      const storage = createLocalFileStorage({ path: folder(), clock });
      const { keptKey, waitingKey } = await killAfter(bytes);
      await storage.open();
      expect(await files()).toHaveLength(4);

      expect(await storage.sweep(async () => new Set(['file_kept']))).toStrictEqual({ abandoned: 2, orphaned: 0 });
      expect([...(await files())].sort()).toStrictEqual(['file_kept', waitingKey]);

      clock.advance(MINUTES_MS);
      expect(await storage.sweep(async () => new Set(['file_kept']))).toStrictEqual({ abandoned: 0, orphaned: 1 });
      expect(await files()).toStrictEqual(['file_kept']);
      expect(Buffer.concat(await (await storage.read(keptKey)).toArray())).toHaveLength(50_000);
    },
  );

  it('may have named a content that it could not move any more: that is kept', async () => {
    const clock = new FakeClock(Date.now());
    const storage = createLocalFileStorage({ path: folder(), clock });
    const { waitingKey } = await killAfter(0);
    clock.advance(MINUTES_MS);

    const report = await storage.sweep(async () => new Set(['file_kept', 'file_waiting']));

    expect(report).toStrictEqual({ abandoned: 2, orphaned: 0 });
    expect([...(await files())].sort()).toStrictEqual(['file_kept', 'file_waiting']);
    expect(Buffer.concat(await (await storage.read(waitingKey)).toArray())).toHaveLength(50_000);
  });
});

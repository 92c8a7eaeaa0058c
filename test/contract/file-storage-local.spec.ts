import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalFileStorage } from '@tollgate/file-storage';
import { FakeClock, fileStorageContract } from '@tollgate/testing';

const HOUR_MS = 3_600_000;

fileStorageContract('local', async () => {
  const path = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
  const clock = new FakeClock(Date.now());
  const storage = createLocalFileStorage({ path: join(path, 'uploads'), clock });
  await storage.open();
  return {
    storage,
    holdings: async () => {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    },
    passTime: async () => {
      clock.advance(HOUR_MS);
    },
    teardown: async () => rm(path, { recursive: true, force: true }),
  };
});

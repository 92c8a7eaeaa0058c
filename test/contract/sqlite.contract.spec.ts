import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqliteStorageOptions } from '@tollgate/storage';
import { storeContract, type StoreUnderTest } from '@tollgate/testing';
import { openStore } from './open-store';

async function openInNewFolder(): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-sqlite-'));
  const options: SqliteStorageOptions = { driver: 'sqlite', path: join(folder, 'data', 'tollgate.db') };
  const store = await openStore(options);
  return {
    ...store,
    openAnother: async () => openStore(options),
    teardown: async () => {
      await store.teardown();
      rmSync(folder, { recursive: true });
    },
  };
}

storeContract('SQLite', openInNewFolder);

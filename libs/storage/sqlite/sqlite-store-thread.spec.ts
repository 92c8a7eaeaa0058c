import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildAccount,
  buildAuditRecord,
  type CompiledLibs,
  compileLibs,
  storeContract,
  type StoreUnderTest,
  useTemporaryFolder,
} from '@tollgate/testing';
import { SqliteStore } from './sqlite-store';

const WORKER = 'libs/storage/sqlite/writer/write-worker.js';

describe('with the writer in a thread', () => {
  let libs: CompiledLibs;
  beforeAll(() => {
    libs = compileLibs(['domain', 'storage/sqlite']);
  });
  afterAll(() => {
    libs.remove();
  });

  const open = async (path: string): Promise<SqliteStore> =>
    SqliteStore.open({ path, writer: 'thread', workerFile: join(libs.folder, WORKER) });

  storeContract('SQLite, writer thread', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-test-'));
    const path = join(folder, 'tollgate.db');
    const underTest = (store: SqliteStore, removeData: () => void): StoreUnderTest => ({
      accounts: store.accounts,
      tokens: store.tokens,
      validationLogs: store.validationLogs,
      audits: store.audits,
      replays: store.replays,
      imports: store.imports,
      uploadTokens: store.uploadTokens,
      uploadReservations: store.uploadReservations,
      uploadedFiles: store.uploadedFiles,
      uploadCallbacks: store.uploadCallbacks,
      traffic: store.traffic,
      changes: store.changes,
      health: store.health,
      openAnother: async () => underTest(await open(path), () => undefined),
      teardown: async () => {
        await store.close();
        removeData();
      },
    });
    return underTest(await open(path), () => {
      rmSync(folder, { recursive: true });
    });
  });

  describe('a thread that dies', () => {
    const folder = useTemporaryFolder();

    it('has its writes refused as unavailable and fails the health check, while reads go on', async () => {
      const dying = join(folder(), 'dying-worker.js');
      writeFileSync(
        dying,
        `const { parentPort } = require('node:worker_threads');
         parentPort.on('message', () => process.exit(3));
         parentPort.postMessage({ kind: 'ready' });`,
      );
      const faults: unknown[] = [];
      const store = await SqliteStore.open({
        path: join(folder(), 'tollgate.db'),
        writer: 'thread',
        workerFile: dying,
        onFault: (error) => faults.push(error),
      });
      const insert = async (): Promise<void> => {
        const account = buildAccount();
        await store.accounts.insert(account, buildAuditRecord({ accountId: account.id }));
      };

      const outcomes = await Promise.allSettled([insert(), insert()]);

      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'TollgateError', code: 'unavailable' } });
      }
      await expect(insert()).rejects.toMatchObject({ code: 'unavailable' });
      await expect(store.health.ping(1000)).rejects.toThrow();
      await expect(store.accounts.findById('acc_1')).resolves.toBeUndefined();
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatchObject({ message: 'the writer thread ended by itself (exit code 3)' });
      await store.close();
    });

    it('fails the opening of the store when it cannot start', async () => {
      const broken = join(folder(), 'broken-worker.js');
      writeFileSync(broken, `throw new Error('cannot load the driver');`);

      await expect(
        SqliteStore.open({ path: join(folder(), 'tollgate.db'), writer: 'thread', workerFile: broken }),
      ).rejects.toThrow('cannot load the driver');
    });
  });
});

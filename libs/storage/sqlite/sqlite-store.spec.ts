import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildAccount, buildAuditRecord, useTemporaryFolder } from '@tollgate/testing';
import { SqliteStore } from './sqlite-store';

describe('SqliteStore', () => {
  const folder = useTemporaryFolder();
  const open = async (): Promise<SqliteStore> =>
    SqliteStore.open({ path: join(folder(), 'tollgate.db'), writer: 'inline' });

  it('keeps its data over a close and a new start', async () => {
    const account = buildAccount();
    const first = await open();
    await first.accounts.insert(account, buildAuditRecord({ accountId: account.id }));
    await first.close();

    const second = await open();
    try {
      expect(await second.accounts.findById(account.id)).toStrictEqual(account);
    } finally {
      await second.close();
    }
  });

  it('finishes the writes that wait when it closes, and leaves one file behind', async () => {
    const store = await open();
    const accounts = Array.from({ length: 20 }, () => buildAccount());
    const writes = accounts.map(async (account) =>
      store.accounts.insert(account, buildAuditRecord({ accountId: account.id })),
    );
    await store.close();
    await Promise.all(writes);

    expect(existsSync(join(folder(), 'tollgate.db-wal'))).toBe(false);
    const reopened = await open();
    try {
      expect((await reopened.accounts.listAcrossAccounts({}, { limit: 1, offset: 0 })).total).toBe(20);
    } finally {
      await reopened.close();
    }
  });

  it('may be closed twice and refuses writes afterwards', async () => {
    const store = await open();
    await store.close();
    await store.close();

    const account = buildAccount();
    await expect(store.accounts.insert(account, buildAuditRecord({ accountId: account.id }))).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});

import { join } from 'node:path';
import { buildAccount, buildToken, useTemporaryFolder } from '@tollgate/testing';
import { migrate } from '../migrator';
import { createDatabaseFile, openForWriting } from '../open-database';
import { SqliteStore } from '../sqlite-store';
import { records } from './0001-records';

const DAY = 20_000;

describe('the migration to usage by result', () => {
  const folder = useTemporaryFolder();

  it('keeps what was counted before as valid, and every account without a validation log', async () => {
    const path = join(folder(), 'tollgate.db');
    const account = buildAccount();
    const token = buildToken({ accountId: account.id });
    createDatabaseFile(path);
    const db = openForWriting(path);
    migrate(db, [records]);
    db.prepare(
      `INSERT INTO accounts (id, company, status, origin, created_at, updated_at) VALUES (?, 'x', 'active', 'local', 0, 0)`,
    ).run(account.id);
    const { lastInsertRowid: seq } = db
      .prepare(
        `INSERT INTO tokens (id, account_id, hash, preview, description, scopes, is_active, created_at, updated_at)
         VALUES (?, ?, ?, '', '', '[]', 1, 0, 0)`,
      )
      .run(token.id, account.id, token.hash);
    db.prepare('INSERT INTO token_totals (token_seq, requests, last_used_at) VALUES (?, 12, 5)').run(seq);
    const addDay = db.prepare('INSERT INTO token_usage (day, token_seq, requests) VALUES (?, ?, ?)');
    addDay.run(DAY, seq, 5);
    addDay.run(DAY + 1, seq, 7);
    db.close();

    const store = await SqliteStore.open({ path, writer: 'inline' });
    try {
      expect(await store.tokens.listUsage(account.id, token.id, 'day', 0, DAY * 48)).toStrictEqual([
        { startHour: DAY * 24, counts: { valid: 5 } },
        { startHour: (DAY + 1) * 24, counts: { valid: 7 } },
      ]);
      expect(await store.tokens.findById(account.id, token.id)).toMatchObject({ totalRequests: 12 });
      expect(await store.accounts.findById(account.id)).not.toHaveProperty('validationLog');
    } finally {
      await store.close();
    }
  });
});

import { join } from 'node:path';
import { buildAccount, buildAuditRecord, buildToken, useTemporaryFolder } from '@tollgate/testing';
import type { Database } from 'better-sqlite3';
import { MIGRATIONS } from '../migrations';
import { migrate } from '../migrator';
import { createDatabaseFile, openForWriting } from '../open-database';
import { toAccountRow } from '../rows/account-row';
import { toAuditRow } from '../rows/audit-row';
import { toTokenRow } from '../rows/token-row';
import { BatchExecutor } from './batch-executor';
import type { WriteCommand } from './command';

describe('BatchExecutor', () => {
  const folder = useTemporaryFolder();
  let db: Database;
  let executor: BatchExecutor;

  beforeEach(() => {
    const path = join(folder(), 'tollgate.db');
    createDatabaseFile(path);
    db = openForWriting(path);
    migrate(db, MIGRATIONS);
    executor = new BatchExecutor(db);
  });
  afterEach(() => {
    db.close();
  });

  const count = (table: string): unknown => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  const insertAccount = (email?: string): WriteCommand<'account.insert'> => {
    const account = buildAccount({ email });
    const audit = buildAuditRecord({ accountId: account.id });
    return { verb: 'account.insert', input: { account: toAccountRow(account), audit: toAuditRow(audit) } };
  };
  const insertToken = (): WriteCommand<'token.insert'> => {
    const token = buildToken({ accountId: 'acc_1', description: 'x'.repeat(2000) });
    const audit = buildAuditRecord({ accountId: 'acc_1' });
    return { verb: 'token.insert', input: { token: toTokenRow(token), audit: toAuditRow(audit) } };
  };

  it('keeps the neighbours of a command that is refused as a duplicate', () => {
    const { outcomes, logged } = executor.executeBatch([
      insertAccount('one@example.com'),
      insertAccount('one@example.com'),
      insertAccount('two@example.com'),
    ]);

    expect(outcomes).toStrictEqual([
      { kind: 'done', result: null },
      { kind: 'duplicate', field: 'email' },
      { kind: 'done', result: null },
    ]);
    expect(count('accounts')).toBe(2);
    expect(count('audit_records')).toBe(2);
    expect(logged).toMatchObject({ firstSeq: 1, lastSeq: 2 });
    expect(logged?.changes).toHaveLength(2);
  });

  it('keeps the neighbours of a command that is at fault itself, and nothing of it', () => {
    const good = insertToken();
    const faulty = insertToken();
    const badAudit = { ...faulty.input.audit, result: 'maybe' as 'success' };

    const { outcomes } = executor.executeBatch([
      { verb: 'token.insert', input: { ...faulty.input, audit: badAudit } },
      good,
    ]);

    expect(outcomes[0]).toMatchObject({ kind: 'fault', message: expect.stringContaining('CHECK constraint failed') });
    expect(outcomes[1]).toStrictEqual({ kind: 'done', result: null });
    expect(db.prepare('SELECT id FROM tokens').pluck().all()).toStrictEqual([good.input.token.id]);
  });

  it('lets each command see what those before it in the batch did', () => {
    const insert = insertAccount();
    const accountId = insert.input.account.id;
    const audit = toAuditRow(buildAuditRecord({ accountId }));

    const { outcomes } = executor.executeBatch([
      insert,
      { verb: 'account.setStatus', input: { accountId, status: 'suspended', atMs: 5, audit } },
    ]);

    expect(outcomes[1]).toMatchObject({ kind: 'done', result: { id: accountId, status: 'suspended', updated_at: 5 } });
  });

  it('writes nothing of a batch that does not fit on the disk, and goes on when there is room again', () => {
    executor.executeBatch([insertToken()]);
    const pages = db.pragma('page_count', { simple: true });
    db.pragma(`max_page_count = ${String(pages)}`);

    expect(() => executor.executeBatch([insertAccount(), ...Array.from({ length: 50 }, insertToken)])).toThrow(
      /database or disk is full/,
    );
    expect(db.inTransaction).toBe(false);
    expect([count('accounts'), count('tokens'), count('audit_records'), count('changes')]).toStrictEqual([0, 1, 1, 1]);

    db.pragma('max_page_count = 1000000');
    const { logged } = executor.executeBatch([insertToken()]);
    expect(logged).toMatchObject({ firstSeq: 2, lastSeq: 2 });
    expect(logged?.changes).toHaveLength(1);
  });

  it('writes nothing when another process holds the write lock for too long', () => {
    const other = openForWriting(db.name);
    db.pragma('busy_timeout = 1');
    other.exec('BEGIN IMMEDIATE');
    try {
      expect(() => executor.executeBatch([insertToken()])).toThrow(/database is locked/);
    } finally {
      other.exec('ROLLBACK');
      other.close();
    }

    expect(executor.executeBatch([insertToken()]).outcomes).toStrictEqual([{ kind: 'done', result: null }]);
    expect(count('tokens')).toBe(1);
  });
});

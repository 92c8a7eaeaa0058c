import { join } from 'node:path';
import { buildToken, buildUsage, TEST_EPOCH_MS, useTemporaryFolder } from '@tollgate/testing';
import type { Database } from 'better-sqlite3';
import { SQLITE_LIMITS } from '../limits';
import { MIGRATIONS } from '../migrations';
import { migrate } from '../migrator';
import { createDatabaseFile, openForWriting } from '../open-database';
import { packUsage } from '../rows/usage-entries';
import { type UsageWrites, usageWrites } from './usage-writes';

const { usageBatchMemoryMs, usageBatchesForgotten } = SQLITE_LIMITS;
const AT = new Date(TEST_EPOCH_MS);

describe('usageWrites', () => {
  const folder = useTemporaryFolder();
  const token = buildToken({ accountId: 'acc_1' });
  let db: Database;
  let usage: UsageWrites;
  let seq: number;

  beforeEach(() => {
    const path = join(folder(), 'tollgate.db');
    createDatabaseFile(path);
    db = openForWriting(path);
    migrate(db, MIGRATIONS);
    const inserted = db
      .prepare(
        `INSERT INTO tokens (id, account_id, hash, preview, description, scopes, is_active, created_at, updated_at)
         VALUES (?, ?, ?, '', '', '[]', 1, 0, 0)`,
      )
      .run(token.id, token.accountId, token.hash);
    seq = Number(inserted.lastInsertRowid);
    usage = usageWrites(db);
  });
  afterEach(() => {
    db.close();
  });

  const record = (batchId: string, atMs = 0): void => {
    usage.record(batchId, atMs, packUsage([buildUsage(token, 48, { valid: 1, limited: 2 }, AT)]));
  };
  const rows = (table: string): unknown[] => db.prepare(`SELECT * FROM ${table}`).raw().all();

  it('writes nothing for a batch that was counted', () => {
    record('a');
    record('b');
    record('a');

    expect(rows('usage_hours')).toStrictEqual([
      [48, seq, 0, 2],
      [48, seq, 5, 4],
    ]);
    expect(rows('token_totals')).toStrictEqual([[seq, 2, TEST_EPOCH_MS]]);
  });

  it('remembers a batch as long as it promises, and forgets it with the first one after that', () => {
    record('a', 1000);
    record('b', 1000 + usageBatchMemoryMs);
    expect(rows('usage_batches')).toHaveLength(2);

    record('c', 1001 + usageBatchMemoryMs);
    expect(db.prepare('SELECT id FROM usage_batches ORDER BY id').pluck().all()).toStrictEqual(['b', 'c']);
  });

  it('forgets few old batches at once, and more than come in', () => {
    for (let count = 0; count < 3 * usageBatchesForgotten; count++) record(`old-${String(count)}`);

    record('first', 2 * usageBatchMemoryMs);
    expect(rows('usage_batches')).toHaveLength(2 * usageBatchesForgotten + 1);
    record('second', 2 * usageBatchMemoryMs);
    record('third', 2 * usageBatchMemoryMs);
    expect(rows('usage_batches')).toHaveLength(3);
  });

  it('keeps the last use of a token when a later batch does not tell one', () => {
    record('a');
    usage.record('b', 0, packUsage([buildUsage(token, 48, { valid: 1 })]));

    expect(rows('token_totals')).toStrictEqual([[seq, 2, TEST_EPOCH_MS]]);
  });

  it('leaves nothing of a token that is gone once its hours are folded', () => {
    record('a');
    usage.take(seq, { total_requests: 1, last_used_at: 5 } as Parameters<UsageWrites['take']>[1], [
      { day: '2026-01-04', requests: 1 },
    ]);
    db.prepare('DELETE FROM tokens').run();
    usage.remove(seq);
    expect(rows('usage_days')).toStrictEqual([]);
    expect(rows('token_totals')).toStrictEqual([]);

    expect(usage.fold(49, 10)).toBe(2);
    expect(rows('usage_hours')).toStrictEqual([]);
    expect(rows('usage_days')).toStrictEqual([]);
  });
});

import type { DailyUsage } from '@tollgate/domain';
import type { Database } from 'better-sqlite3';
import { SQLITE_LIMITS } from '../limits';
import { epochDay } from '../rows/epoch-day';
import type { TokenRow } from '../rows/token-row';
import { type UsageEntries, type UsageEntry, unpackUsage } from '../rows/usage-entries';
import { VALID } from '../rows/usage-result';

interface CountedEntry extends UsageEntry {
  readonly seq: number;
}

/** Writes of how often tokens were used. */
export interface UsageWrites {
  /** Adds counts, unless the batch was counted before; those of tokens that are gone are skipped. */
  readonly record: (batchId: string, atMs: number, entries: UsageEntries) => void;
  /** Turns up to `limit` of the oldest hourly counts before an hour into daily ones; answers how many. */
  readonly fold: (beforeHour: number, limit: number) => number;
  /** Takes over what a new token brings along. */
  readonly take: (seq: number, token: TokenRow, days: readonly DailyUsage[]) => void;
  /** Removes totals and days of a token that is gone; its hours name nobody any more and go when they are folded. */
  readonly remove: (seq: number) => void;
}

const OLDEST = 'FROM usage_hours WHERE hour < ? ORDER BY hour, token_seq, result LIMIT ?';

export function usageWrites(db: Database): UsageWrites {
  const claimBatch = db.prepare<[string, number]>(
    'INSERT INTO usage_batches (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const forgetBatches = db.prepare<[number, number]>(
    'DELETE FROM usage_batches WHERE id IN (SELECT id FROM usage_batches WHERE at < ? ORDER BY at LIMIT ?)',
  );
  const findSeq = db
    .prepare<[string, string], number>('SELECT seq FROM tokens WHERE id = ? AND account_id = ?')
    .pluck();
  const addTotal = db.prepare<[number, number, number | null]>(
    `INSERT INTO token_totals (token_seq, requests, last_used_at) VALUES (?, ?, ?)
     ON CONFLICT (token_seq) DO UPDATE SET
       requests = requests + excluded.requests,
       last_used_at = max(coalesce(last_used_at, excluded.last_used_at), coalesce(excluded.last_used_at, last_used_at))`,
  );
  const addHour = db.prepare<[number, number, number, number]>(
    `INSERT INTO usage_hours (hour, token_seq, result, requests) VALUES (?, ?, ?, ?)
     ON CONFLICT (hour, token_seq, result) DO UPDATE SET requests = requests + excluded.requests`,
  );
  const addDay = db.prepare<[number, number, number, number]>(
    `INSERT INTO usage_days (token_seq, day, result, requests) VALUES (?, ?, ?, ?)
     ON CONFLICT (token_seq, day, result) DO UPDATE SET requests = requests + excluded.requests`,
  );
  const addOldestToDays = db.prepare<[number, number]>(
    `INSERT INTO usage_days (token_seq, day, result, requests)
     SELECT token_seq, hour / 24, result, sum(requests)
     FROM (SELECT hour, token_seq, result, requests ${OLDEST})
     WHERE EXISTS (SELECT 1 FROM tokens WHERE seq = token_seq)
     GROUP BY token_seq, hour / 24, result
     ON CONFLICT (token_seq, day, result) DO UPDATE SET requests = requests + excluded.requests`,
  );
  const removeOldest = db.prepare<[number, number]>(
    `DELETE FROM usage_hours WHERE (hour, token_seq, result) IN (SELECT hour, token_seq, result ${OLDEST})`,
  );
  const removeTotal = db.prepare<[number]>('DELETE FROM token_totals WHERE token_seq = ?');
  const removeDays = db.prepare<[number]>('DELETE FROM usage_days WHERE token_seq = ?');

  const locate = (entry: UsageEntry): CountedEntry[] => {
    const seq = findSeq.get(entry.tokenId, entry.accountId);
    return seq === undefined ? [] : [{ ...entry, seq }];
  };

  const add = (entries: UsageEntries): void => {
    // In the order of the tables, so that each page is met once.
    const counted = unpackUsage(entries)
      .flatMap(locate)
      .sort((a, b) => a.hour - b.hour || a.seq - b.seq);
    for (const { seq, counts, lastUsedAtMs } of counted) {
      const valid = counts[VALID] ?? 0;
      if (valid > 0) addTotal.run(seq, valid, lastUsedAtMs);
    }
    for (const { seq, hour, counts } of counted) {
      counts.forEach((requests, result) => {
        if (requests > 0) addHour.run(hour, seq, result, requests);
      });
    }
  };

  return {
    record: (batchId, atMs, entries) => {
      if (claimBatch.run(batchId, atMs).changes === 0) return;
      forgetBatches.run(atMs - SQLITE_LIMITS.usageBatchMemoryMs, SQLITE_LIMITS.usageBatchesForgotten);
      add(entries);
    },
    fold: (beforeHour, limit) => {
      addOldestToDays.run(beforeHour, limit);
      return removeOldest.run(beforeHour, limit).changes;
    },
    take: (seq, token, days) => {
      if (token.total_requests > 0 || token.last_used_at !== null) {
        addTotal.run(seq, token.total_requests, token.last_used_at);
      }
      for (const { day, requests } of days) addDay.run(seq, epochDay(day), VALID, requests);
    },
    remove: (seq) => {
      removeTotal.run(seq);
      removeDays.run(seq);
    },
  };
}

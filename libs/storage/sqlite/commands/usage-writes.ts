import type { DailyUsage } from '@tollgate/domain';
import type { Database } from 'better-sqlite3';
import { epochDay } from '../rows/epoch-day';
import type { TokenRow } from '../rows/token-row';
import type { UsageEntry } from './command';

interface CountedEntry {
  readonly seq: number;
  readonly day: number;
  readonly requests: number;
  readonly lastUsedAtMs: number;
}

/** Writes of how often tokens were used. */
export interface UsageWrites {
  /** Adds counts; those of tokens that are gone are skipped. */
  readonly add: (entries: readonly UsageEntry[]) => void;
  /** Takes over what a new token brings along. */
  readonly take: (seq: number, token: TokenRow, days: readonly DailyUsage[]) => void;
  /** Removes everything about a token. */
  readonly remove: (seq: number) => void;
}

export function usageWrites(db: Database): UsageWrites {
  const findSeq = db
    .prepare<[string, string], number>('SELECT seq FROM tokens WHERE id = ? AND account_id = ?')
    .pluck();
  const addTotal = db.prepare<[number, number, number | null]>(
    `INSERT INTO token_totals (token_seq, requests, last_used_at) VALUES (?, ?, ?)
     ON CONFLICT (token_seq) DO UPDATE SET
       requests = requests + excluded.requests,
       last_used_at = max(coalesce(last_used_at, excluded.last_used_at), excluded.last_used_at)`,
  );
  const addDay = db.prepare<[number, number, number]>(
    `INSERT INTO token_usage (day, token_seq, requests) VALUES (?, ?, ?)
     ON CONFLICT (day, token_seq) DO UPDATE SET requests = requests + excluded.requests`,
  );
  const removeTotal = db.prepare<[number]>('DELETE FROM token_totals WHERE token_seq = ?');
  const firstDayFrom = db.prepare<[number], number | null>('SELECT min(day) FROM token_usage WHERE day >= ?').pluck();
  const removeDay = db.prepare<[number, number]>('DELETE FROM token_usage WHERE day = ? AND token_seq = ?');

  const locate = ({ accountId, tokenId, day, requests, lastUsedAtMs }: UsageEntry): CountedEntry[] => {
    const seq = findSeq.get(tokenId, accountId);
    return seq === undefined ? [] : [{ seq, day, requests, lastUsedAtMs }];
  };

  return {
    add: (entries) => {
      // In the order of the tables, so that each page is met once.
      const counted = entries.flatMap(locate).sort((a, b) => a.seq - b.seq);
      for (const { seq, requests, lastUsedAtMs } of counted) addTotal.run(seq, requests, lastUsedAtMs);
      for (const { seq, day, requests } of counted) addDay.run(day, seq, requests);
    },
    take: (seq, token, days) => {
      if (token.total_requests > 0 || token.last_used_at !== null) {
        addTotal.run(seq, token.total_requests, token.last_used_at);
      }
      for (const { day, requests } of days) addDay.run(epochDay(day), seq, requests);
    },
    remove: (seq) => {
      removeTotal.run(seq);
      // Day by day: there is no index by token, which every flush would have to keep up.
      for (let day = firstDayFrom.get(0); typeof day === 'number'; day = firstDayFrom.get(day + 1)) {
        removeDay.run(day, seq);
      }
    },
  };
}

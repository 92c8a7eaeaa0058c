import type { UsageBucket, UsageCounts, UsageGranularity } from '@tollgate/domain';
import { usageResultOf } from '../rows/usage-result';
import type { SqliteReader } from '../sqlite-reader';

interface CountRow {
  readonly startHour: number;
  readonly result: number;
  readonly requests: number;
}

/** The token and the hours in which anything was used at all: one look-up each, since those of one token lie apart. */
const HOURS = `
  WITH RECURSIVE
    token (seq) AS MATERIALIZED (SELECT seq FROM tokens WHERE id = @tokenId AND account_id = @accountId),
    hours (hour) AS (
      SELECT min(hour) FROM usage_hours WHERE hour >= @fromHour AND EXISTS (SELECT 1 FROM token)
      UNION ALL
      SELECT (SELECT min(hour) FROM usage_hours WHERE hour > hours.hour) FROM hours WHERE hours.hour < @toHour),
    counts (hour, result, requests) AS (
      SELECT u.hour, u.result, u.requests
      FROM hours CROSS JOIN token CROSS JOIN usage_hours u ON u.hour = hours.hour AND u.token_seq = token.seq
      WHERE hours.hour < @toHour)`;

const LIST_HOURS = `${HOURS}
  SELECT hour AS startHour, result, requests FROM counts ORDER BY hour, result`;

const LIST_DAYS = `${HOURS}
  SELECT day * 24 AS startHour, result, sum(requests) AS requests
  FROM (
    SELECT hour / 24 AS day, result, requests FROM counts
    UNION ALL
    SELECT d.day, d.result, d.requests FROM token JOIN usage_days d ON d.token_seq = token.seq
    WHERE d.day >= @fromHour / 24 AND d.day < @toHour / 24)
  GROUP BY day, result ORDER BY day, result`;

/** What one token of one account was used, see `TokenRepository.listUsage`; all from one state of the database. */
export function listUsage(
  reader: SqliteReader,
  granularity: UsageGranularity,
  parameters: {
    readonly accountId: string;
    readonly tokenId: string;
    readonly fromHour: number;
    readonly toHour: number;
  },
): readonly UsageBucket[] {
  const rows = reader.all(granularity === 'hour' ? LIST_HOURS : LIST_DAYS, parameters) as CountRow[];
  const buckets: { startHour: number; counts: UsageCounts }[] = [];
  for (const { startHour, result, requests } of rows) {
    const counts = { [usageResultOf(result)]: requests };
    const last = buckets.at(-1);
    if (last?.startHour === startHour) last.counts = { ...last.counts, ...counts };
    else buckets.push({ startHour, counts });
  }
  return buckets;
}

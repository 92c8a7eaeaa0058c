import { parseRfc3339 } from '@tollgate/auth';
import { TollgateError, type UsageGranularity } from '@tollgate/domain';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** For each granularity: one bucket, how far back an answer reaches unless told, and how much one may span. */
const SPANS: Readonly<
  Record<UsageGranularity, { readonly bucketMs: number; readonly usualMs: number; readonly mostDays: number }>
> = {
  hour: { bucketMs: HOUR_MS, usualMs: DAY_MS, mostDays: 35 },
  day: { bucketMs: DAY_MS, usualMs: 30 * DAY_MS, mostDays: 400 },
};

/** Whole hours since the epoch, at the start of an hour or a day. */
export interface UsageRange {
  readonly fromHour: number;
  /** Not included. */
  readonly toHour: number;
}

/** An RFC 3339 time, or a UTC day, which stands for its first instant. In milliseconds since the epoch. */
export function parseInstantOrDay(text: string): number | undefined {
  return parseRfc3339(DATE.test(text) ? `${text}T00:00:00Z` : text)?.epochMs;
}

/**
 * The hours or days that a query asks for; those that are cut by `from` or `to` count as a whole.
 * @param from from this instant on; absent: so far back as is usual from `to`
 * @param to up to and without this instant; absent: up to now, the present hour or day included
 * @throws TollgateError `invalid_request` for a range that is empty or too long
 */
export function usageRange(
  granularity: UsageGranularity,
  from: string | undefined,
  to: string | undefined,
  nowMs: number,
): UsageRange {
  const { bucketMs, usualMs, mostDays } = SPANS[granularity];
  const toMs = (to === undefined ? undefined : parseInstantOrDay(to)) ?? (Math.floor(nowMs / bucketMs) + 1) * bucketMs;
  const fromMs = (from === undefined ? undefined : parseInstantOrDay(from)) ?? toMs - usualMs;
  if (fromMs >= toMs) throw new TollgateError('invalid_request', 'from: must be before to');
  if (toMs - fromMs > mostDays * DAY_MS) {
    throw new TollgateError(
      'invalid_request',
      `from: must be at most ${String(mostDays)} days before to with granularity ${granularity}`,
    );
  }
  const hoursPerBucket = bucketMs / HOUR_MS;
  return {
    fromHour: Math.floor(fromMs / bucketMs) * hoursPerBucket,
    toHour: Math.ceil(toMs / bucketMs) * hoursPerBucket,
  };
}

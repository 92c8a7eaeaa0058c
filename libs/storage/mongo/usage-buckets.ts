import type { UsageBucket, UsageCounts } from '@tollgate/domain';
import { dayNumber, type TokenUsageFields } from './schemas/token-usage.schema';

const HOURS_A_DAY = 24;

/** Hours since the epoch: `from` included, `to` not. */
export interface HourRange {
  readonly from: number;
  readonly to: number;
}

/** The hours of stored days that lie in a range, oldest first. */
export function hourBuckets(days: readonly TokenUsageFields[], { from, to }: HourRange): readonly UsageBucket[] {
  return days
    .flatMap((fields) => storedHours(fields))
    .filter(({ startHour }) => startHour >= from && startHour < to)
    .sort(byStart);
}

/**
 * The days that begin in a range, oldest first.
 * @param granted uses by day (`YYYY-MM-DD`) that are counted in the token's own document: of another installation, or
 * of a time before `token_usage` was
 */
export function dayBuckets(
  days: readonly TokenUsageFields[],
  granted: Readonly<Record<string, number>>,
  { from, to }: HourRange,
): readonly UsageBucket[] {
  const countsByStart = new Map<number, UsageCounts>(
    days.map(({ day, counts }) => [dayNumber(day) * HOURS_A_DAY, counts]),
  );
  for (const [day, requests] of Object.entries(granted)) {
    if (requests === 0) continue;
    const startHour = dayNumber(new Date(day)) * HOURS_A_DAY;
    const counts = countsByStart.get(startHour);
    countsByStart.set(startHour, { ...counts, valid: (counts?.valid ?? 0) + requests });
  }
  return [...countsByStart]
    .map(([startHour, counts]) => ({ startHour, counts }))
    .filter(({ startHour }) => startHour >= from && startHour < to)
    .sort(byStart);
}

/** The hours that a stored day holds, oldest first. */
export function storedHours({ day, hours }: Pick<TokenUsageFields, 'day' | 'hours'>): readonly UsageBucket[] {
  const firstHour = dayNumber(day) * HOURS_A_DAY;
  return Object.entries(hours ?? {})
    .map(([hour, counts]) => ({ startHour: firstHour + Number(hour), counts }))
    .sort(byStart);
}

function byStart(a: UsageBucket, b: UsageBucket): number {
  return a.startHour - b.startHour;
}

import type { mongo, QueryFilter } from 'mongoose';
import { dayNumber, dayStart, type TokenUsageDocument } from './schemas/token-usage.schema';
import { storedHours } from './usage-buckets';

const HOURS_A_DAY = 24;

/** What folding reads of a day. */
export type FoldableDay = Pick<TokenUsageDocument, '_id' | 'token_id' | 'day' | 'hours'>;

export interface Folding {
  /** Whole hours since the epoch; hours from it on stay. */
  readonly beforeHour: number;
  /** How many hours may go at most. */
  readonly limit: number;
  /** Whether a token is still there. */
  readonly isKnown: (tokenId: string) => boolean;
}

/** Matches the days that hold hours before an hour. */
export function foldableDays(beforeHour: number): QueryFilter<TokenUsageDocument> {
  const lastDay = Math.floor(beforeHour / HOURS_A_DAY);
  const passed = Array.from({ length: beforeHour - lastDay * HOURS_A_DAY }, (_, hour) => ({
    [`hours.${String(hour)}`]: { $exists: true },
  }));
  const day = dayStart(lastDay);
  return {
    hours: { $exists: true },
    ...(passed.length === 0 ? { day: { $lt: day } } : { $or: [{ day: { $lt: day } }, { day, $or: passed }] }),
  };
}

/**
 * The writes that take hours away, and how many hours go by them.
 * @param days as {@link foldableDays} found them, oldest first
 */
export function foldUpdates(
  days: readonly FoldableDay[],
  { beforeHour, limit, isKnown }: Folding,
): { readonly operations: readonly mongo.AnyBulkWriteOperation<TokenUsageDocument>[]; readonly hours: number } {
  const operations: mongo.AnyBulkWriteOperation<TokenUsageDocument>[] = [];
  let left = limit;
  for (const document of days) {
    const passed = storedHours(document).filter(({ startHour }) => startHour < beforeHour);
    const going = passed.slice(0, left);
    if (going.length === 0 && passed.length > 0) break;
    left -= going.length;
    const firstHour = dayNumber(document.day) * HOURS_A_DAY;
    const filter = { _id: document._id };
    if (going.length < passed.length || firstHour + HOURS_A_DAY > beforeHour) {
      const fields = going.map(({ startHour }) => [`hours.${String(startHour - firstHour)}`, 1] as const);
      operations.push({ updateOne: { filter, update: { $unset: Object.fromEntries(fields) } } });
    } else if (isKnown(document.token_id)) {
      // A day that is this old is past all repetitions of its batches.
      operations.push({ updateOne: { filter, update: { $unset: { hours: 1, batches: 1 } } } });
    } else {
      operations.push({ deleteOne: { filter } });
    }
  }
  return { operations, hours: limit - left };
}

import { createHash } from 'node:crypto';
import { USAGE_RESULTS, type UsageBatch, type UsageCounts } from '@tollgate/domain';
import type { mongo } from 'mongoose';
import { NOT_DELETED, type TokenDocument } from './schemas/token.schema';
import { dayStart, type TokenUsageDocument, usageDocumentId } from './schemas/token-usage.schema';

/**
 * How many of the latest batches a document remembers to have counted, at 20 bytes each. A batch that is told again is
 * known as long as fewer others than this have counted into the same document since. So p other processes that use the
 * same token and write once a second leave `BATCHES_REMEMBERED / p` seconds for a repetition; a later one counts twice
 * there. An outage takes none of that time, because nobody writes; an answer that is lost unnoticed, with the server
 * up, may take as long as the socket timeout.
 */
export const BATCHES_REMEMBERED = 32;

const HOURS_A_DAY = 24;
/** 96 bits: that two batches share a mark need not be reckoned with. */
const MARK_BYTES = 12;

/** A token that may be counted for. */
export interface CountedToken {
  readonly accountId: string;
  readonly purgeAt?: Date;
}

/** The writes of a batch, one for each document. */
export interface UsageUpdates {
  /** Totals and `last_used_at`; they match tokens that have not counted the batch yet. */
  readonly tokens: readonly UsageUpdate<TokenDocument>[];
  /**
   * Hours and days; they match days that have not counted the batch yet. To be upserted: a day without a document gets
   * one, and for a day that has counted the batch, or has got its document from somebody else just now, the insert
   * fails on the `_id`.
   */
  readonly days: readonly UsageUpdate<TokenUsageDocument>[];
}

export interface UsageUpdate<T extends mongo.Document> {
  readonly filter: mongo.Filter<T>;
  readonly update: mongo.UpdateFilter<T>;
}

interface TokenSum {
  requests: number;
  lastUsedAt: Date | undefined;
  /** By day, what is added to its document. */
  readonly days: Map<number, Record<string, number>>;
}

/**
 * The updates that count a batch: one for each token and one for each of its days, whatever repetitions it holds. Each
 * carries the batch's mark and is refused by a document that has it, so that doing them again changes nothing.
 * @param known by token id, the tokens that are there; usage of others is left out
 */
export function usageUpdates(batch: UsageBatch, known: ReadonlyMap<string, CountedToken>): UsageUpdates {
  const mark = batchMark(batch.id);
  const remember = { $each: [mark], $slice: -BATCHES_REMEMBERED };
  const tokens: UsageUpdate<TokenDocument>[] = [];
  const days: UsageUpdate<TokenUsageDocument>[] = [];
  for (const [tokenId, sum] of sumUp(batch, known)) {
    const token = known.get(tokenId);
    if (token === undefined) continue;
    const { requests, lastUsedAt } = sum;
    if (requests > 0 || lastUsedAt !== undefined) {
      tokens.push({
        filter: {
          token_id: tokenId,
          account_id: token.accountId,
          ...NOT_DELETED,
          usage_batches: { $ne: mark },
        },
        update: {
          $inc: { total_requests: requests },
          ...(lastUsedAt === undefined ? {} : { $max: { last_used_at: lastUsedAt } }),
          $push: { usage_batches: remember },
        },
      });
    }
    for (const [day, increments] of sum.days) {
      days.push({
        filter: { _id: usageDocumentId(tokenId, day), batches: { $ne: mark } },
        update: {
          $setOnInsert: {
            token_id: tokenId,
            account_id: token.accountId,
            day: dayStart(day),
            ...(token.purgeAt === undefined ? {} : { purge_at: token.purgeAt }),
          },
          $inc: increments,
          $push: { batches: remember },
        },
      });
    }
  }
  return { tokens, days };
}

/** What stands for a batch in a document; a fifth of the size of the longest id. */
export function batchMark(batchId: string): Buffer {
  return createHash('sha256').update(batchId).digest().subarray(0, MARK_BYTES);
}

function sumUp({ entries }: UsageBatch, known: ReadonlyMap<string, CountedToken>): ReadonlyMap<string, TokenSum> {
  const sums = new Map<string, TokenSum>();
  for (const { accountId, tokenId, hour, counts, lastUsedAt } of entries) {
    if (known.get(tokenId)?.accountId !== accountId) continue;
    const sum = sums.get(tokenId) ?? { requests: 0, lastUsedAt: undefined, days: new Map<number, never>() };
    sums.set(tokenId, sum);
    sum.requests += counts.valid ?? 0;
    if (lastUsedAt !== undefined && (sum.lastUsedAt === undefined || lastUsedAt > sum.lastUsedAt)) {
      sum.lastUsedAt = lastUsedAt;
    }
    addHour(sum.days, hour, counts);
  }
  return sums;
}

function addHour(days: Map<number, Record<string, number>>, hour: number, counts: UsageCounts): void {
  const day = Math.floor(hour / HOURS_A_DAY);
  for (const result of USAGE_RESULTS) {
    const count = counts[result] ?? 0;
    if (count === 0) continue;
    const increments = days.get(day) ?? {};
    days.set(day, increments);
    for (const field of [`counts.${result}`, `hours.${String(hour - day * HOURS_A_DAY)}.${result}`]) {
      increments[field] = (increments[field] ?? 0) + count;
    }
  }
}

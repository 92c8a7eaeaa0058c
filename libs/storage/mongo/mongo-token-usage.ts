import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { UsageBatch, UsageBucket, UsageGranularity } from '@tollgate/domain';
import { Model, type mongo, type QueryFilter } from 'mongoose';
import { NOT_DELETED, TokenDocument } from './schemas/token.schema';
import { usageDocumentId, TokenUsageDocument, type TokenUsageFields, usageOf } from './schemas/token-usage.schema';
import { onStore } from './store-errors';
import { refusedAsDuplicates } from './unordered-writes';
import { dayBuckets, hourBuckets, type HourRange } from './usage-buckets';
import { foldableDays, type FoldableDay, foldUpdates } from './usage-folding';
import { type CountedToken, usageUpdates, type UsageUpdate } from './usage-updates';

const HOURS_A_DAY = 24;

/** The part of MongoTokenRepository that counts: totals in `tokens`, hours and days in `token_usage`. */
@Injectable()
export class MongoTokenUsage {
  constructor(
    @InjectModel(TokenDocument.name) private readonly tokens: Model<TokenDocument>,
    @InjectModel(TokenUsageDocument.name) private readonly days: Model<TokenUsageDocument>,
  ) {}

  /**
   * One write for each token and one for each of its days, and each is whole. If the process or the server dies in the
   * middle, some have got their counts and others have not; a repetition of the batch gives them to those others only,
   * within the bound of `BATCHES_REMEMBERED`. Until then a token's total and its days may differ by the batch.
   */
  async record(batch: UsageBatch): Promise<void> {
    const ids = new Set(batch.entries.map(({ tokenId }) => tokenId));
    if (ids.size === 0) return;
    const { tokens, days } = usageUpdates(batch, await this.findCounted([...ids]));
    await this.countTokens(tokens);
    await this.countDays(days);
  }

  async list(
    accountId: string,
    tokenId: string,
    granularity: UsageGranularity,
    range: HourRange,
  ): Promise<readonly UsageBucket[]> {
    const token = await onStore(() =>
      this.tokens
        .findOne({ account_id: accountId, token_id: tokenId, ...NOT_DELETED })
        .select({ _id: 0, daily_requests: 1 })
        .lean<Pick<TokenDocument, 'daily_requests'>>()
        .exec(),
    );
    // Of a token that is gone there may still be usage; it is nobody's business any more.
    if (token === null || range.from >= range.to) return [];
    const days = await onStore(() =>
      this.days
        .find({
          _id: {
            $gte: usageDocumentId(tokenId, Math.floor(range.from / HOURS_A_DAY)),
            $lte: usageDocumentId(tokenId, Math.floor((range.to - 1) / HOURS_A_DAY)),
          },
        })
        .select({ _id: 0, day: 1, counts: 1, ...(granularity === 'hour' ? { hours: 1 } : {}) })
        .lean<TokenUsageFields[]>()
        .exec(),
    );
    return granularity === 'hour' ? hourBuckets(days, range) : dayBuckets(days, token.daily_requests, range);
  }

  /** Takes hours away; the counts of their days hold them already. Days of tokens that are gone go as a whole. */
  async fold(beforeHour: number, limit: number): Promise<number> {
    if (limit < 1) return 0;
    for (;;) {
      const found = await onStore(() =>
        this.days
          .find(foldableDays(beforeHour))
          .sort({ day: 1 })
          .limit(limit)
          .select({ token_id: 1, day: 1, hours: 1 })
          .lean<FoldableDay[]>()
          .exec(),
      );
      if (found.length === 0) return 0;
      const known = await this.findCounted([...new Set(found.map((document) => document.token_id))]);
      const { operations, hours } = foldUpdates(found, { beforeHour, limit, isKnown: (id) => known.has(id) });
      await this.writeDays(operations);
      // Days whose hours went one by one before are done now too, but are not what was asked for.
      if (hours > 0) return hours;
    }
  }

  /** Removes what tokens that are gone have left. */
  async forget(tokenIds: readonly string[]): Promise<void> {
    const operations = tokenIds.map((tokenId) => ({ deleteMany: { filter: usageOf(tokenId) } }));
    if (operations.length === 0) return;
    await this.writeDays(operations);
  }

  private async findCounted(tokenIds: readonly string[]): Promise<ReadonlyMap<string, CountedToken>> {
    const wanted: QueryFilter<TokenDocument> = { token_id: { $in: tokenIds }, ...NOT_DELETED };
    const documents = await onStore(() =>
      this.tokens
        .find(wanted)
        .select({ _id: 0, token_id: 1, account_id: 1, purge_at: 1 })
        .lean<Pick<TokenDocument, 'token_id' | 'account_id' | 'purge_at'>[]>()
        .exec(),
    );
    return new Map(
      documents.map(({ token_id: tokenId, account_id: accountId, purge_at: purgeAt }) => [
        tokenId,
        { accountId, ...(purgeAt === undefined ? {} : { purgeAt }) },
      ]),
    );
  }

  private async countTokens(updates: readonly UsageUpdate<TokenDocument>[]): Promise<void> {
    if (updates.length === 0) return;
    const operations = updates.map((update) => ({ updateOne: update }));
    const tokens = this.tokens.db.collection<TokenDocument>(this.tokens.collection.name);
    await refusedAsDuplicates(() => tokens.bulkWrite(operations, { ordered: false }));
  }

  private async countDays(updates: readonly UsageUpdate<TokenUsageDocument>[]): Promise<void> {
    if (updates.length === 0) return;
    const operations = updates.map((update) => ({ updateOne: { ...update, upsert: true } }));
    const refused = await this.writeDays(operations);
    // The day has counted the batch, or another batch made its document first. Without the upsert only the latter is
    // found.
    const again = refused.flatMap((index) => updates[index] ?? []).map((update) => ({ updateOne: update }));
    if (again.length > 0) await this.writeDays(again);
  }

  /** By the driver itself: Mongoose would cast thousands of updates that are right already. */
  private writeDays(
    operations: readonly mongo.AnyBulkWriteOperation<TokenUsageDocument>[],
  ): Promise<readonly number[]> {
    const days = this.days.db.collection<TokenUsageDocument>(this.days.collection.name);
    return refusedAsDuplicates(() => days.bulkWrite(operations, { ordered: false }));
  }
}

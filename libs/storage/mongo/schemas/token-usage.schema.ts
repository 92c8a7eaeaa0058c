import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { UsageResult } from '@tollgate/domain';
import { type mongo, SchemaTypes } from 'mongoose';
import { DOCUMENT_OPTIONS } from './document-options';

/** How often each result came; a result that never came is left out. */
export type UsageCountsDocument = Partial<Record<UsageResult, number>>;

/**
 * Usage of one token on one UTC day. Its `_id` says which, so that there is one at most, whatever indexes there are.
 */
@Schema({ collection: 'token_usage', ...DOCUMENT_OPTIONS })
export class TokenUsageDocument {
  /** {@link usageDocumentId} */
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  token_id!: string;

  @Prop({ type: String, required: true })
  account_id!: string;

  /** The day's first instant. */
  @Prop({ type: Date, required: true })
  day!: Date;

  /** Counts of the whole day, those of `hours` included. */
  @Prop({ type: SchemaTypes.Mixed })
  counts!: UsageCountsDocument;

  /** Counts by hour of the day, `{"5": {"valid": 3}}`; absent once they were folded. */
  @Prop({ type: SchemaTypes.Mixed })
  hours?: Record<string, UsageCountsDocument>;

  /** Marks of the latest batches counted here, newest last; see usage-updates.ts. */
  @Prop({ type: [SchemaTypes.Buffer], default: undefined })
  batches?: (Buffer | mongo.Binary)[];

  /** The token's own `purge_at`, so that what the TTL index leaves of a token goes by one too. */
  @Prop({ type: Date })
  purge_at?: Date;
}

export const TokenUsageSchema = SchemaFactory.createForClass(TokenUsageDocument);

/** The part of the document that is ever read. */
export type TokenUsageFields = Pick<TokenUsageDocument, 'day' | 'counts' | 'hours'>;

const DAY_MS = 86_400_000;
/** 9999-12-31: past it a date's text does not sort by time any more. */
const LAST_DAY = 2_932_896;

/**
 * The `_id` of a token's usage on a day: `tk_…/2026-01-04`, in order of time. Ids hold no `/`.
 * @param day whole days since the epoch; one before 1970 or after 9999 counts as the nearest that is not
 */
export function usageDocumentId(tokenId: string, day: number): string {
  const date = dayStart(Math.min(Math.max(day, 0), LAST_DAY)).toISOString();
  return `${tokenId}/${date.slice(0, 10)}`;
}

/** Matches all usage of a token, by the index that every collection has. */
export function usageOf(tokenId: string): { readonly _id: { readonly $gte: string; readonly $lte: string } } {
  return { _id: { $gte: usageDocumentId(tokenId, 0), $lte: usageDocumentId(tokenId, LAST_DAY) } };
}

/** @param day whole days since the epoch */
export function dayStart(day: number): Date {
  return new Date(day * DAY_MS);
}

/** Whole days since the epoch. */
export function dayNumber(date: Date): number {
  return Math.floor(date.getTime() / DAY_MS);
}

import { createHash } from 'node:crypto';
import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type mongo, SchemaTypes } from 'mongoose';
import { DOCUMENT_OPTIONS } from './document-options';

const MARK_BYTES = 12;

/** Who a token was when it was last known; `_id` is the SHA-256 of its value. */
@Schema({ collection: 'traffic_tokens', ...DOCUMENT_OPTIONS })
export class TrafficTokenDocument {
  @Prop({ type: SchemaTypes.Buffer, required: true })
  _id!: Buffer | mongo.Binary;

  @Prop({ type: String, required: true })
  token_id!: string;

  /** Absent: of no account. */
  @Prop({ type: String })
  account_id?: string;

  /** The token that the first of its rotations replaced; absent: itself. */
  @Prop({ type: String })
  root_id?: string;
}

export const TrafficTokenSchema = SchemaFactory.createForClass(TrafficTokenDocument);

/** What one proxy of a token moved on one UTC day; `_id` is {@link trafficDayId}. */
@Schema({ collection: 'traffic_days', ...DOCUMENT_OPTIONS })
export class TrafficDayDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  token_id!: string;

  @Prop({ type: String })
  account_id?: string;

  @Prop({ type: String, required: true })
  proxy!: string;

  /** The day's first instant. */
  @Prop({ type: Date, required: true })
  day!: Date;

  @Prop({ type: Number, required: true })
  in_bytes!: number;

  @Prop({ type: Number, required: true })
  out_bytes!: number;

  /** Marks of the reports that are counted here, until nobody can be about to count them again. */
  @Prop({ type: [SchemaTypes.Buffer], default: undefined })
  marks?: (Buffer | mongo.Binary)[];
}

export const TrafficDaySchema = SchemaFactory.createForClass(TrafficDayDocument);

/**
 * - `open`: it may be counted or not; its day has its mark if it is
 * - `counted`: it is, and its day has its mark
 * - `done`: it is, and the mark may be gone
 */
export type TrafficReportState = 'open' | 'counted' | 'done';

/** A report that was received with a key; `_id` is the key's SHA-256. See traffic/mongo-traffic.repository.ts. */
@Schema({ collection: 'traffic_reports', ...DOCUMENT_OPTIONS })
export class TrafficReportDocument {
  @Prop({ type: SchemaTypes.Buffer, required: true })
  _id!: Buffer | mongo.Binary;

  @Prop({ type: SchemaTypes.Buffer, required: true })
  fingerprint!: Buffer | mongo.Binary;

  @Prop({ type: String, required: true, enum: ['open', 'counted', 'done'] })
  state!: TrafficReportState;

  @Prop({ type: String, required: true })
  token_id!: string;

  @Prop({ type: String })
  account_id?: string;

  @Prop({ type: String, required: true })
  proxy!: string;

  @Prop({ type: Date, required: true })
  day!: Date;

  @Prop({ type: Number, required: true })
  in_bytes!: number;

  @Prop({ type: Number, required: true })
  out_bytes!: number;

  @Prop({ type: Date, required: true })
  at!: Date;

  @Prop({ type: Date })
  counted_at?: Date;
}

export const TrafficReportSchema = SchemaFactory.createForClass(TrafficReportDocument);

/** What of a report names the document of its day. */
export type TrafficDayName = Pick<TrafficDayDocument, 'token_id' | 'account_id' | 'proxy' | 'day'>;

/** Names of proxies may be as long as they like, so their hash stands in the key. */
export function trafficDayId({ token_id: tokenId, account_id: accountId = '', proxy, day }: TrafficDayName): string {
  const name = createHash('sha256').update(proxy).digest('base64url');
  return `${tokenId}/${accountId}/${day.toISOString().slice(0, 10)}/${name}`;
}

/** What stands for a report in the document of its day. */
export function trafficMark(keyHash: Buffer): Buffer {
  return keyHash.subarray(0, MARK_BYTES);
}

import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { AuditRecord, DailyUsage, Token } from '@tollgate/domain';
import { type mongo, SchemaTypes, Types } from 'mongoose';
import { AuditRecordSchema, toAuditDocument, type AuditRecordDocument } from './audit-record.schema';
import { toBuffer } from './binary';
import { DOCUMENT_OPTIONS } from './document-options';
import { RateLimitDocument, RateLimitSchema, toRateLimit, toRateLimitDocument } from './rate-limit.schema';

/** One bearer token with its totals; its usage by hour and day is in `token_usage`. */
@Schema({ collection: 'tokens', ...DOCUMENT_OPTIONS })
export class TokenDocument {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  _id!: Types.ObjectId;

  @Prop({ type: String, required: true })
  token_id!: string;

  @Prop({ type: String, required: true })
  account_id!: string;

  /**
   * The look-up key: SHA-256 of the value as binary data. The original keeps the plaintext in a field of this name,
   * as a string: by its BSON type alone neither can ever be found as, or taken for, the other.
   */
  @Prop({ type: SchemaTypes.Buffer, required: true })
  token!: Buffer | mongo.Binary;

  @Prop({ type: String, required: true })
  token_preview!: string;

  @Prop({ type: String })
  description!: string;

  @Prop({ type: [String] })
  scope!: string[];

  @Prop({ type: RateLimitSchema })
  rate_limit?: RateLimitDocument;

  /** The sub-account that created the token. */
  @Prop({ type: String })
  iuid?: string;

  @Prop({ type: String })
  iam_alias?: string;

  @Prop({ type: Boolean, required: true })
  is_active!: boolean;

  @Prop({ type: Date, required: true })
  created_at!: Date;

  @Prop({ type: Date, required: true })
  updated_at!: Date;

  @Prop({ type: Date })
  expires_at?: Date;

  @Prop({ type: Date })
  purge_at?: Date;

  @Prop({ type: Number, required: true })
  total_requests!: number;

  @Prop({ type: Date })
  last_used_at?: Date;

  /**
   * Granted uses by UTC day, `{"2026-01-04": 12}`, that are not in `token_usage`: what an import brought along, in one
   * write with its token, and what was counted before `token_usage` was. Nothing is added to it.
   */
  @Prop({ type: SchemaTypes.Mixed, required: true })
  daily_requests!: Record<string, number>;

  /** Marks of the latest batches in `total_requests`, newest last; see usage-updates.ts. */
  @Prop({ type: [SchemaTypes.Buffer], default: undefined })
  usage_batches?: (Buffer | mongo.Binary)[];

  /** Set by the deletion and found by nothing but the outbox: the token is gone for everybody else from then on. */
  @Prop({ type: Date })
  deleted_at?: Date;

  /** Records of changes that have not reached `audit_logs` yet: see docs/adr/0003-audit-outbox-on-mongodb.md. */
  @Prop({ type: [AuditRecordSchema] })
  pending_audit!: AuditRecordDocument[];

  /** Whether `pending_audit` may hold anything; while it may, the TTL index leaves the document alone. */
  @Prop({ type: Boolean, required: true })
  audit_pending!: boolean;
}

export const TokenSchema = SchemaFactory.createForClass(TokenDocument);

/** A deleted token waits for its audit record to be handed on; nobody else may see it. */
export const NOT_DELETED = { deleted_at: { $exists: false } } as const;

/** The part of a stored token that makes a {@link Token}. */
export type TokenFields = Omit<
  TokenDocument,
  '_id' | 'daily_requests' | 'usage_batches' | 'deleted_at' | 'pending_audit' | 'audit_pending'
>;

/** Leaves out what of the usage is only for counting and for lists of days. */
export const WITHOUT_USAGE = { daily_requests: 0, usage_batches: 0 } as const;

/** Leaves out what a {@link Token} does not hold. */
export const TOKEN_PROJECTION = { _id: 0, ...WITHOUT_USAGE, pending_audit: 0, audit_pending: 0 } as const;

/** @param audit the record of the token's creation; absent for an imported token */
export function toTokenDocument(token: Token, usage: readonly DailyUsage[], audit?: AuditRecord): TokenDocument {
  return {
    _id: new Types.ObjectId(),
    token_id: token.id,
    account_id: token.accountId,
    token: token.hash,
    token_preview: token.preview,
    description: token.description,
    scope: [...token.scopes],
    ...(token.rateLimit === undefined ? {} : { rate_limit: toRateLimitDocument(token.rateLimit) }),
    ...(token.subAccount === undefined ? {} : { iuid: token.subAccount.iuid }),
    ...(token.subAccount?.iamAlias === undefined ? {} : { iam_alias: token.subAccount.iamAlias }),
    is_active: token.isActive,
    created_at: token.createdAt,
    updated_at: token.updatedAt,
    ...(token.expiresAt === undefined ? {} : { expires_at: token.expiresAt }),
    ...(token.purgeAt === undefined ? {} : { purge_at: token.purgeAt }),
    total_requests: token.totalRequests,
    ...(token.lastUsedAt === undefined ? {} : { last_used_at: token.lastUsedAt }),
    daily_requests: Object.fromEntries(usage.map(({ day, requests }) => [day, requests])),
    pending_audit: audit === undefined ? [] : [toAuditDocument(audit)],
    audit_pending: audit !== undefined,
  };
}

export function toToken(fields: TokenFields): Token {
  return {
    id: fields.token_id,
    accountId: fields.account_id,
    hash: toBuffer(fields.token),
    preview: fields.token_preview,
    description: fields.description,
    scopes: fields.scope,
    ...(fields.rate_limit === undefined ? {} : { rateLimit: toRateLimit(fields.rate_limit) }),
    ...(fields.iuid === undefined
      ? {}
      : {
          subAccount: { iuid: fields.iuid, ...(fields.iam_alias === undefined ? {} : { iamAlias: fields.iam_alias }) },
        }),
    isActive: fields.is_active,
    createdAt: fields.created_at,
    updatedAt: fields.updated_at,
    ...(fields.expires_at === undefined ? {} : { expiresAt: fields.expires_at }),
    ...(fields.purge_at === undefined ? {} : { purgeAt: fields.purge_at }),
    totalRequests: fields.total_requests,
    ...(fields.last_used_at === undefined ? {} : { lastUsedAt: fields.last_used_at }),
  };
}

import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type {
  AuditRecord,
  UploadToken,
  UploadTokenEnd,
  UploadTokenEndReason,
  UploadTokenOptions,
} from '@tollgate/domain';
import { type mongo, SchemaTypes } from 'mongoose';
import { SealedSecretDocument, SealedSecretSchema } from './account.schema';
import { AuditRecordSchema, toAuditDocument, type AuditRecordDocument } from './audit-record.schema';
import { toBuffer } from './binary';
import { DOCUMENT_OPTIONS } from './document-options';

@Schema({ _id: false })
export class UploadCallbackTargetDocument {
  @Prop({ type: String, required: true })
  url!: string;

  @Prop({ type: SealedSecretSchema, required: true })
  secret!: SealedSecretDocument;
}

const UploadCallbackTargetSchema = SchemaFactory.createForClass(UploadCallbackTargetDocument);

@Schema({ _id: false })
export class UploadTokenOptionsDocument {
  @Prop({ type: Number })
  max_bytes?: number;

  @Prop({ type: [String], default: undefined })
  allowed_types?: string[];

  @Prop({ type: String })
  file_name?: string;

  @Prop({ type: String })
  file_name_prefix?: string;

  @Prop({ type: String })
  owner_label?: string;

  @Prop({ type: UploadCallbackTargetSchema })
  callback?: UploadCallbackTargetDocument;
}

const UploadTokenOptionsSchema = SchemaFactory.createForClass(UploadTokenOptionsDocument);

@Schema({ _id: false })
export class UploadTokenEndDocument {
  @Prop({ type: String, required: true, enum: ['stored', 'refused', 'revoked'] })
  reason!: UploadTokenEndReason;

  @Prop({ type: Date, required: true })
  at!: Date;

  @Prop({ type: String })
  file_id?: string;
}

const UploadTokenEndSchema = SchemaFactory.createForClass(UploadTokenEndDocument);

/** One upload token; `_id` is its id. Its end, and who holds it, are each changed by one write to this document. */
@Schema({ collection: 'upload_tokens', ...DOCUMENT_OPTIONS })
export class UploadTokenDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  account_id!: string;

  /** The look-up key: SHA-256 of the value. */
  @Prop({ type: SchemaTypes.Buffer, required: true })
  token!: Buffer | mongo.Binary;

  @Prop({ type: String, required: true })
  token_preview!: string;

  @Prop({ type: UploadTokenOptionsSchema, required: true })
  options!: UploadTokenOptionsDocument;

  /** The sub-account that issued the token. */
  @Prop({ type: String })
  iuid?: string;

  @Prop({ type: Date, required: true })
  created_at!: Date;

  @Prop({ type: Date, required: true })
  expires_at!: Date;

  @Prop({ type: Date, required: true })
  purge_at!: Date;

  /** When MongoDB may remove the document by itself: at `purge_at`, or later as long as somebody holds the token. */
  @Prop({ type: Date, required: true })
  ttl_at!: Date;

  @Prop({ type: UploadTokenEndSchema })
  end?: UploadTokenEndDocument;

  /** Files that were on their way to be the end of the token and can't become it any more. */
  @Prop({ type: [String], default: undefined })
  given_up?: string[];

  @Prop({ type: Number, required: true })
  attempts!: number;

  @Prop({ type: Number, required: true })
  received_bytes!: number;

  /** Who has the token until `held_until`. */
  @Prop({ type: String })
  holder?: string;

  @Prop({ type: Date })
  held_until?: Date;

  /** Records of changes that have not reached `audit_logs` yet: see docs/adr/0003-audit-outbox-on-mongodb.md. */
  @Prop({ type: [AuditRecordSchema] })
  pending_audit!: AuditRecordDocument[];

  /** Whether `pending_audit` may hold anything, and the file of a stored upload may not be revealed yet. */
  @Prop({ type: Boolean, required: true })
  audit_pending!: boolean;
}

export const UploadTokenSchema = SchemaFactory.createForClass(UploadTokenDocument);

/** Matches a token that nothing has ended. */
export const NO_END = { end: { $exists: false } } as const;

/** Leaves out what an {@link UploadToken} does not hold. */
export const UPLOAD_TOKEN_PROJECTION = {
  ttl_at: 0,
  given_up: 0,
  attempts: 0,
  received_bytes: 0,
  holder: 0,
  held_until: 0,
  pending_audit: 0,
  audit_pending: 0,
} as const;

/** The part of a stored token that makes an {@link UploadToken}. */
export type UploadTokenFields = Omit<UploadTokenDocument, keyof typeof UPLOAD_TOKEN_PROJECTION>;

export function toUploadTokenDocument(token: UploadToken, audit: AuditRecord): UploadTokenDocument {
  return {
    _id: token.id,
    account_id: token.accountId,
    token: token.hash,
    token_preview: token.preview,
    options: toOptionsDocument(token.options),
    ...(token.iuid === undefined ? {} : { iuid: token.iuid }),
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    purge_at: token.purgeAt,
    ttl_at: token.purgeAt,
    ...(token.end === undefined ? {} : { end: toEndDocument(token.end) }),
    attempts: 0,
    received_bytes: 0,
    pending_audit: [toAuditDocument(audit)],
    audit_pending: true,
  };
}

export function toUploadToken(fields: UploadTokenFields): UploadToken {
  return {
    id: fields._id,
    accountId: fields.account_id,
    hash: toBuffer(fields.token),
    preview: fields.token_preview,
    options: toOptions(fields.options),
    ...(fields.iuid === undefined ? {} : { iuid: fields.iuid }),
    createdAt: fields.created_at,
    expiresAt: fields.expires_at,
    purgeAt: fields.purge_at,
    ...(fields.end === undefined ? {} : { end: toEnd(fields.end) }),
  };
}

export function toEndDocument({ reason, at, fileId }: UploadTokenEnd): UploadTokenEndDocument {
  return { reason, at, ...(fileId === undefined ? {} : { file_id: fileId }) };
}

function toEnd({ reason, at, file_id: fileId }: UploadTokenEndDocument): UploadTokenEnd {
  return { reason, at, ...(fileId === undefined ? {} : { fileId }) };
}

function toOptionsDocument(options: UploadTokenOptions): UploadTokenOptionsDocument {
  const { maxBytes, allowedTypes, fileName, fileNamePrefix, ownerLabel, callback } = options;
  return {
    ...(maxBytes === undefined ? {} : { max_bytes: maxBytes }),
    ...(allowedTypes === undefined ? {} : { allowed_types: [...allowedTypes] }),
    ...(fileName === undefined ? {} : { file_name: fileName }),
    ...(fileNamePrefix === undefined ? {} : { file_name_prefix: fileNamePrefix }),
    ...(ownerLabel === undefined ? {} : { owner_label: ownerLabel }),
    ...(callback === undefined
      ? {}
      : {
          callback: {
            url: callback.url,
            secret: { key_id: callback.secret.keyId, envelope: callback.secret.envelope },
          },
        }),
  };
}

function toOptions(document: UploadTokenOptionsDocument): UploadTokenOptions {
  const { callback } = document;
  return {
    ...(document.max_bytes === undefined ? {} : { maxBytes: document.max_bytes }),
    ...(document.allowed_types === undefined ? {} : { allowedTypes: document.allowed_types }),
    ...(document.file_name === undefined ? {} : { fileName: document.file_name }),
    ...(document.file_name_prefix === undefined ? {} : { fileNamePrefix: document.file_name_prefix }),
    ...(document.owner_label === undefined ? {} : { ownerLabel: document.owner_label }),
    ...(callback === undefined
      ? {}
      : {
          callback: {
            url: callback.url,
            secret: { keyId: callback.secret.key_id, envelope: callback.secret.envelope },
          },
        }),
  };
}

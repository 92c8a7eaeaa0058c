import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Account, AccountStatus, AuditRecord } from '@tollgate/domain';
import { AuditRecordSchema, toAuditDocument, type AuditRecordDocument } from './audit-record.schema';
import { DOCUMENT_OPTIONS } from './document-options';
import { RateLimitDocument, RateLimitSchema, toRateLimit, toRateLimitDocument } from './rate-limit.schema';
import {
  toValidationLog,
  toValidationLogDocument,
  ValidationLogSettingDocument,
  ValidationLogSettingSchema,
} from './validation-log-setting.schema';

@Schema({ _id: false })
export class SealedSecretDocument {
  @Prop({ type: String, required: true })
  key_id!: string;

  @Prop({ type: String, required: true })
  envelope!: string;
}

export const SealedSecretSchema = SchemaFactory.createForClass(SealedSecretDocument);

/** One tenant; `_id` is the account id. Optional fields are left out, never null: the unique indexes are sparse. */
@Schema({ collection: 'accounts', ...DOCUMENT_OPTIONS })
export class AccountDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String })
  email?: string;

  @Prop({ type: String })
  company!: string;

  @Prop({ type: String })
  password_hash?: string;

  @Prop({ type: String })
  access_key?: string;

  @Prop({ type: SealedSecretSchema })
  secret_sealed?: SealedSecretDocument;

  @Prop({ type: String })
  secret_hash?: string;

  @Prop({ type: String, required: true, enum: ['active', 'suspended'] })
  status!: AccountStatus;

  @Prop({ type: RateLimitSchema })
  rate_limit?: RateLimitDocument;

  @Prop({ type: Number })
  qiniu_uid?: number;

  @Prop({ type: ValidationLogSettingSchema })
  validation_log?: ValidationLogSettingDocument;

  @Prop({ type: String, required: true, enum: ['local', 'directory'] })
  origin!: Account['origin'];

  @Prop({ type: Date, required: true })
  created_at!: Date;

  @Prop({ type: Date, required: true })
  updated_at!: Date;

  /** Records of changes that have not reached `audit_logs` yet: see docs/adr/0003-audit-outbox-on-mongodb.md. */
  @Prop({ type: [AuditRecordSchema] })
  pending_audit!: AuditRecordDocument[];

  /** Whether `pending_audit` may hold anything. */
  @Prop({ type: Boolean, required: true })
  audit_pending!: boolean;
}

export const AccountSchema = SchemaFactory.createForClass(AccountDocument);

/** @param audit the record of the account's creation; absent for what nobody here decided */
export function toAccountDocument(account: Account, audit?: AuditRecord): AccountDocument {
  const { credentials } = account;
  return {
    _id: account.id,
    ...(account.email === undefined ? {} : { email: account.email }),
    company: account.company,
    ...(account.passwordHash === undefined ? {} : { password_hash: account.passwordHash }),
    ...(credentials === undefined
      ? {}
      : {
          access_key: credentials.accessKey,
          secret_sealed: { key_id: credentials.secretSealed.keyId, envelope: credentials.secretSealed.envelope },
          secret_hash: credentials.secretHash,
        }),
    status: account.status,
    ...(account.rateLimit === undefined ? {} : { rate_limit: toRateLimitDocument(account.rateLimit) }),
    ...(account.qiniuUid === undefined ? {} : { qiniu_uid: account.qiniuUid }),
    ...(account.validationLog === undefined ? {} : { validation_log: toValidationLogDocument(account.validationLog) }),
    origin: account.origin,
    created_at: account.createdAt,
    updated_at: account.updatedAt,
    pending_audit: audit === undefined ? [] : [toAuditDocument(audit)],
    audit_pending: audit !== undefined,
  };
}

export function toAccount(document: AccountDocument): Account {
  const { access_key: accessKey, secret_sealed: sealed, secret_hash: secretHash } = document;
  return {
    id: document._id,
    ...(document.email === undefined ? {} : { email: document.email }),
    company: document.company,
    ...(document.password_hash === undefined ? {} : { passwordHash: document.password_hash }),
    ...(accessKey === undefined || sealed === undefined || secretHash === undefined
      ? {}
      : {
          credentials: { accessKey, secretSealed: { keyId: sealed.key_id, envelope: sealed.envelope }, secretHash },
        }),
    status: document.status,
    ...(document.rate_limit === undefined ? {} : { rateLimit: toRateLimit(document.rate_limit) }),
    ...(document.qiniu_uid === undefined ? {} : { qiniuUid: document.qiniu_uid }),
    ...(document.validation_log === undefined ? {} : { validationLog: toValidationLog(document.validation_log) }),
    origin: document.origin,
    createdAt: document.created_at,
    updatedAt: document.updated_at,
  };
}

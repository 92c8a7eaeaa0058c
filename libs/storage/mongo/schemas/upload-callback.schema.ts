import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { UploadCallback } from '@tollgate/domain';
import { AuditRecordSchema, type AuditRecordDocument } from './audit-record.schema';
import { DOCUMENT_OPTIONS } from './document-options';

/** What is to be told of one upload; `_id` is the callback's id. */
@Schema({ collection: 'upload_callbacks', ...DOCUMENT_OPTIONS })
export class UploadCallbackDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  account_id!: string;

  @Prop({ type: String, required: true })
  file_id!: string;

  @Prop({ type: String, required: true })
  url!: string;

  @Prop({ type: String, required: true })
  secret_key_id!: string;

  @Prop({ type: String, required: true })
  secret_envelope!: string;

  @Prop({ type: String, required: true })
  payload!: string;

  @Prop({ type: Number, required: true })
  attempts!: number;

  @Prop({ type: Date, required: true })
  due_at!: Date;

  @Prop({ type: Date, required: true })
  created_at!: Date;

  /** Present while its file is `prepared`: it concerns nobody yet. */
  @Prop({ type: Boolean })
  is_prepared?: true;

  /** Set by the removal and found by nothing but the outbox, which removes the document. */
  @Prop({ type: Date })
  deleted_at?: Date;

  /** Records of changes that have not reached `audit_logs` yet: see docs/adr/0003-audit-outbox-on-mongodb.md. */
  @Prop({ type: [AuditRecordSchema] })
  pending_audit!: AuditRecordDocument[];

  /** Whether `pending_audit` may hold anything. */
  @Prop({ type: Boolean, required: true })
  audit_pending!: boolean;
}

export const UploadCallbackSchema = SchemaFactory.createForClass(UploadCallbackDocument);

/** Matches what is to be told; the rest is not yet, or not any more. */
export const OPEN_CALLBACK = { is_prepared: { $exists: false }, deleted_at: { $exists: false } } as const;

export function toPreparedCallbackDocument(callback: UploadCallback): UploadCallbackDocument {
  return {
    _id: callback.id,
    account_id: callback.accountId,
    file_id: callback.fileId,
    url: callback.url,
    secret_key_id: callback.secretKeyId,
    secret_envelope: callback.secretEnvelope,
    payload: callback.payload,
    attempts: callback.attempts,
    due_at: callback.dueAt,
    created_at: callback.createdAt,
    is_prepared: true,
    pending_audit: [],
    audit_pending: false,
  };
}

export function toUploadCallback(document: UploadCallbackDocument): UploadCallback {
  return {
    id: document._id,
    accountId: document.account_id,
    fileId: document.file_id,
    url: document.url,
    secretKeyId: document.secret_key_id,
    secretEnvelope: document.secret_envelope,
    payload: document.payload,
    attempts: document.attempts,
    dueAt: document.due_at,
    createdAt: document.created_at,
  };
}

import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { UploadedFile } from '@tollgate/domain';
import { AuditRecordSchema, type AuditRecordDocument } from './audit-record.schema';
import { DOCUMENT_OPTIONS } from './document-options';

/**
 * - `prepared`: on its way, seen by nobody; see uploads/upload-preparations.ts
 * - `stored`: a file
 * - `deleted`: gone for everybody, its content perhaps not yet
 */
export type UploadedFileState = 'prepared' | 'stored' | 'deleted';

/** What of a file concerns nobody once it is stored. */
@Schema({ _id: false })
export class FilePreparationDocument {
  @Prop({ type: Date, required: true })
  at!: Date;

  /** The token whose end decides whether the file becomes one; absent where none does. */
  @Prop({ type: String })
  token_id?: string;

  /** Its callback, prepared like it. */
  @Prop({ type: String })
  callback_id?: string;
}

const FilePreparationSchema = SchemaFactory.createForClass(FilePreparationDocument);

/** The record of one upload; `_id` is the file's id. */
@Schema({ collection: 'uploaded_files', ...DOCUMENT_OPTIONS })
export class UploadedFileDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  account_id!: string;

  @Prop({ type: String })
  token_id?: string;

  @Prop({ type: String, required: true })
  storage_key!: string;

  @Prop({ type: String })
  name!: string;

  @Prop({ type: Number, required: true })
  size!: number;

  @Prop({ type: String, required: true })
  type!: string;

  @Prop({ type: String, required: true })
  sha256!: string;

  @Prop({ type: String })
  owner_label?: string;

  @Prop({ type: String })
  iuid?: string;

  @Prop({ type: String })
  idempotency_hash?: string;

  @Prop({ type: Date, required: true })
  created_at!: Date;

  @Prop({ type: String, required: true, enum: ['prepared', 'stored', 'deleted'] })
  state!: UploadedFileState;

  /** Present while the file is `prepared`. */
  @Prop({ type: FilePreparationSchema })
  prepared?: FilePreparationDocument;

  /** Since when the file is `deleted`. */
  @Prop({ type: Date })
  hidden_at?: Date;

  /** Records of changes that have not reached `audit_logs` yet: see docs/adr/0003-audit-outbox-on-mongodb.md. */
  @Prop({ type: [AuditRecordSchema] })
  pending_audit!: AuditRecordDocument[];

  /** Whether `pending_audit` may hold anything. */
  @Prop({ type: Boolean, required: true })
  audit_pending!: boolean;
}

export const UploadedFileSchema = SchemaFactory.createForClass(UploadedFileDocument);

/** Leaves out what an {@link UploadedFile} does not hold. */
export const UPLOADED_FILE_PROJECTION = {
  state: 0,
  prepared: 0,
  hidden_at: 0,
  pending_audit: 0,
  audit_pending: 0,
} as const;

/** The part of a stored file that makes an {@link UploadedFile}. */
export type UploadedFileFields = Omit<UploadedFileDocument, keyof typeof UPLOADED_FILE_PROJECTION>;

export function toPreparedFileDocument(file: UploadedFile, preparation: FilePreparationDocument): UploadedFileDocument {
  return {
    _id: file.id,
    account_id: file.accountId,
    ...(file.tokenId === undefined ? {} : { token_id: file.tokenId }),
    storage_key: file.storageKey,
    name: file.name,
    size: file.size,
    type: file.type,
    sha256: file.sha256,
    ...(file.ownerLabel === undefined ? {} : { owner_label: file.ownerLabel }),
    ...(file.iuid === undefined ? {} : { iuid: file.iuid }),
    ...(file.idempotencyHash === undefined ? {} : { idempotency_hash: file.idempotencyHash }),
    created_at: file.createdAt,
    state: 'prepared',
    prepared: preparation,
    pending_audit: [],
    audit_pending: false,
  };
}

export function toUploadedFile(fields: UploadedFileFields): UploadedFile {
  return {
    id: fields._id,
    accountId: fields.account_id,
    ...(fields.token_id === undefined ? {} : { tokenId: fields.token_id }),
    storageKey: fields.storage_key,
    name: fields.name,
    size: fields.size,
    type: fields.type,
    sha256: fields.sha256,
    ...(fields.owner_label === undefined ? {} : { ownerLabel: fields.owner_label }),
    ...(fields.iuid === undefined ? {} : { iuid: fields.iuid }),
    ...(fields.idempotency_hash === undefined ? {} : { idempotencyHash: fields.idempotency_hash }),
    createdAt: fields.created_at,
  };
}

import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { AuditData, AuditRecord } from '@tollgate/domain';
import { DOCUMENT_OPTIONS } from './document-options';

/** One audit record, in `audit_logs` or waiting in the `pending_audit` of the document whose change it describes. */
@Schema({ collection: 'audit_logs', ...DOCUMENT_OPTIONS })
export class AuditRecordDocument {
  /** The record's id: writing it twice leaves one. */
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String })
  account_id!: string;

  @Prop({ type: String, required: true })
  action!: string;

  @Prop({ type: String })
  resource_id!: string;

  @Prop({ type: String })
  ip!: string;

  @Prop({ type: String })
  user_agent!: string;

  /** JSON text and not a sub-document: its keys come from requests and may hold what BSON forbids (`$`, `.`, NUL). */
  @Prop({ type: String })
  request_data?: string;

  @Prop({ type: String, required: true, enum: ['success', 'failure'] })
  result!: 'success' | 'failure';

  @Prop({ type: String })
  error_msg?: string;

  @Prop({ type: Date, required: true })
  timestamp!: Date;
}

export const AuditRecordSchema = SchemaFactory.createForClass(AuditRecordDocument);

export function toAuditDocument(record: AuditRecord): AuditRecordDocument {
  return {
    _id: record.id,
    account_id: record.accountId,
    action: record.action,
    resource_id: record.resourceId,
    ip: record.ip,
    user_agent: record.userAgent,
    ...(record.requestData === undefined ? {} : { request_data: JSON.stringify(record.requestData) }),
    result: record.result,
    ...(record.errorMessage === undefined ? {} : { error_msg: record.errorMessage }),
    timestamp: record.timestamp,
  };
}

export function toAuditRecord(document: AuditRecordDocument): AuditRecord {
  return {
    id: document._id,
    accountId: document.account_id,
    action: document.action,
    resourceId: document.resource_id,
    ip: document.ip,
    userAgent: document.user_agent,
    ...(document.request_data === undefined ? {} : { requestData: JSON.parse(document.request_data) as AuditData }),
    result: document.result,
    ...(document.error_msg === undefined ? {} : { errorMessage: document.error_msg }),
    timestamp: document.timestamp,
  };
}

import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { USAGE_RESULTS, type UsageResult, type ValidationRecord } from '@tollgate/domain';
import { DOCUMENT_OPTIONS } from './document-options';

/** One validation of a token, in full. */
@Schema({ collection: 'validation_log', ...DOCUMENT_OPTIONS })
export class ValidationRecordDocument {
  /** The record's id: writing it twice leaves one. */
  @Prop({ type: String, required: true })
  _id!: string;

  @Prop({ type: String, required: true })
  account_id!: string;

  @Prop({ type: String, required: true })
  token_id!: string;

  @Prop({ type: Date, required: true })
  at!: Date;

  @Prop({ type: String, required: true, enum: USAGE_RESULTS })
  result!: UsageResult;

  @Prop({ type: [String] })
  scopes!: string[];

  @Prop({ type: String })
  ip!: string;

  @Prop({ type: String })
  user_agent!: string;

  @Prop({ type: Date, required: true })
  purge_at!: Date;
}

export const ValidationRecordSchema = SchemaFactory.createForClass(ValidationRecordDocument);

export function toValidationRecordDocument(record: ValidationRecord): ValidationRecordDocument {
  return {
    _id: record.id,
    account_id: record.accountId,
    token_id: record.tokenId,
    at: record.at,
    result: record.result,
    scopes: [...record.scopes],
    ip: record.ip,
    user_agent: record.userAgent,
    purge_at: record.purgeAt,
  };
}

export function toValidationRecord(document: ValidationRecordDocument): ValidationRecord {
  return {
    id: document._id,
    accountId: document.account_id,
    tokenId: document.token_id,
    at: document.at,
    result: document.result,
    scopes: document.scopes,
    ip: document.ip,
    userAgent: document.user_agent,
    purgeAt: document.purge_at,
  };
}

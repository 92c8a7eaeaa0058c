import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { DOCUMENT_OPTIONS } from './document-options';

/** Bytes of a file that is on its way. */
@Schema({ _id: false })
export class QuotaClaimDocument {
  @Prop({ type: String, required: true })
  file_id!: string;

  @Prop({ type: Number, required: true })
  bytes!: number;
}

const QuotaClaimSchema = SchemaFactory.createForClass(QuotaClaimDocument);

/** Puts the admissions to an account's quota in an order; `_id` is the account id. See uploads/upload-quotas.ts. */
@Schema({ collection: 'upload_quotas', ...DOCUMENT_OPTIONS })
export class UploadQuotaDocument {
  @Prop({ type: String, required: true })
  _id!: string;

  /** One more with each admission. */
  @Prop({ type: Number, required: true })
  version!: number;

  /** Of files that were admitted; those that are not on their way any more mean nothing. */
  @Prop({ type: [QuotaClaimSchema] })
  claims!: QuotaClaimDocument[];
}

export const UploadQuotaSchema = SchemaFactory.createForClass(UploadQuotaDocument);

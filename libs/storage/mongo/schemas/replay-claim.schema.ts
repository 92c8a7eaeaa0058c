import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes } from 'mongoose';
import { DOCUMENT_OPTIONS } from './document-options';

/** A key that somebody holds until `expires_at`; `_id` is the key, so that its uniqueness needs no index of ours. */
@Schema({ collection: 'replay_claims', ...DOCUMENT_OPTIONS })
export class ReplayClaimDocument {
  @Prop({ type: SchemaTypes.Buffer, required: true })
  _id!: Buffer;

  @Prop({ type: Date, required: true })
  expires_at!: Date;
}

export const ReplayClaimSchema = SchemaFactory.createForClass(ReplayClaimDocument);

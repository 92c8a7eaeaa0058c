import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { ValidationLogSetting } from '@tollgate/domain';

/** An account's wish for a validation log. */
@Schema({ _id: false })
export class ValidationLogSettingDocument {
  @Prop({ type: Number, required: true })
  retention_ms!: number;
}

export const ValidationLogSettingSchema = SchemaFactory.createForClass(ValidationLogSettingDocument);

export function toValidationLogDocument({ retentionMs }: ValidationLogSetting): ValidationLogSettingDocument {
  return { retention_ms: retentionMs };
}

export function toValidationLog(document: ValidationLogSettingDocument): ValidationLogSetting {
  return { retentionMs: document.retention_ms };
}

import type { ValidationLogSetting } from '@tollgate/domain';
import { z } from 'zod';

const DAY_MS = 86_400_000;
const USUAL_DAYS = 7;

const retentionDays = z
  .number()
  .int('must be a whole number')
  .min(1, 'must be from 1 to 90')
  .max(90, 'must be from 1 to 90');

/** Unknown fields are refused: these routes are ours, no old client sends extras. */
export const setValidationLogBody = z
  .strictObject({
    enabled: z.boolean().meta({ example: true }),
    retention_days: retentionDays
      .default(USUAL_DAYS)
      .meta({ example: USUAL_DAYS, description: 'How long to keep each.' }),
  })
  .meta({ id: 'SetValidationLogRequest' });

export const validationLogDetail = z
  .object({
    enabled: z.boolean().meta({ example: true }),
    retention_days: z.number().optional().meta({ example: USUAL_DAYS, description: 'Absent while it is off.' }),
  })
  .meta({ id: 'ValidationLog' });

/** The setting that a request asks for; `undefined` for off. */
export function toValidationLog(body: z.output<typeof setValidationLogBody>): ValidationLogSetting | undefined {
  return body.enabled ? { retentionMs: body.retention_days * DAY_MS } : undefined;
}

export function validationLogView(setting: ValidationLogSetting | undefined): z.output<typeof validationLogDetail> {
  return setting === undefined ? { enabled: false } : { enabled: true, retention_days: setting.retentionMs / DAY_MS };
}

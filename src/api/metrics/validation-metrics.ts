import { Injectable } from '@nestjs/common';
import type { UsageResult } from '@tollgate/domain';

/**
 * How a validation ended: as usage is counted, and for what is no token of anybody's
 * - `not_found`: no token was presented, or none that is known
 * - `throttled`: not looked at, because the address had shown too many unknown tokens
 */
export type ValidationResult = UsageResult | 'not_found' | 'throttled';

export const VALIDATION_RESULTS = [
  'valid',
  'scope',
  'inactive',
  'expired',
  'suspended',
  'limited',
  'not_found',
  'throttled',
] as const satisfies readonly ValidationResult[];

/** Validations by result, since the process started. Plain numbers: counting is part of the hot path. */
@Injectable()
export class ValidationMetrics implements Readonly<Record<ValidationResult, number>> {
  valid = 0;
  scope = 0;
  inactive = 0;
  expired = 0;
  suspended = 0;
  limited = 0;
  not_found = 0;
  throttled = 0;

  count(result: ValidationResult): void {
    this[result] += 1;
  }
}

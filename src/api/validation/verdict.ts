import type { UsageResult } from '@tollgate/domain';
import type { Decision } from '@tollgate/limiter';
import type { ValidationResult } from '../metrics/validation-metrics';
import type { LimitedSubject } from '../rate-limits/limited-subject';
import type { ValidationEntry } from './validation-entry';

/** Why a token is refused. */
export type RefusalReason = 'not_found' | 'inactive' | 'expired' | 'account_suspended' | 'scope';

/** What the limits said of a validation. */
export interface CountedLimits {
  readonly subjects: readonly LimitedSubject[];
  readonly decision: Decision;
}

/**
 * The outcome of a validation.
 * - `valid`: may pass
 * - `refused`: may not, because of what the token is or is not; `entry` for a known one
 * - `limited`: a limit of the application, the account or the token is reached
 * - `throttled`: the address has shown too many unknown tokens; nothing was looked up
 *
 * `limits` is absent where no limit applies.
 */
export type Verdict =
  | { readonly kind: 'valid'; readonly entry: ValidationEntry; readonly limits: CountedLimits | undefined }
  | {
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      readonly entry: ValidationEntry | undefined;
      readonly limits: CountedLimits | undefined;
    }
  | { readonly kind: 'limited'; readonly entry: ValidationEntry | undefined; readonly limits: CountedLimits }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** A {@link Verdict} that lets a request pass. */
export type GrantedVerdict = Extract<Verdict, { kind: 'valid' }>;

/** The contract's texts. */
export const REFUSAL_TEXT: Readonly<Record<RefusalReason, string>> = {
  not_found: 'Token not found',
  inactive: 'Token is inactive',
  expired: 'Token has expired',
  account_suspended: 'Account is suspended',
  scope: 'Permission denied',
};

/** RFC 6750, section 3.1: what a client may do about each refusal. */
export const CHALLENGE: Readonly<Record<RefusalReason, string>> = {
  not_found: 'Bearer error="invalid_token"',
  inactive: 'Bearer error="invalid_token"',
  expired: 'Bearer error="invalid_token"',
  account_suspended: 'Bearer error="invalid_token"',
  scope: 'Bearer error="insufficient_scope"',
};

/** Under which result a refusal of a known token is counted. */
export const USAGE_OF: Readonly<Record<Exclude<RefusalReason, 'not_found'>, UsageResult>> = {
  inactive: 'inactive',
  expired: 'expired',
  account_suspended: 'suspended',
  scope: 'scope',
};

/** Under which result a verdict stands in the metrics. */
export function resultOf(verdict: Verdict): ValidationResult {
  if (verdict.kind !== 'refused') return verdict.kind;
  return verdict.reason === 'not_found' ? 'not_found' : USAGE_OF[verdict.reason];
}

import type { ValidationEntry } from './validation-entry';

/** Why a token is refused. */
export type RefusalReason = 'not_found' | 'inactive' | 'expired' | 'account_suspended' | 'scope';

/** The outcome of a validation. */
export type Verdict =
  | { readonly valid: true; readonly entry: ValidationEntry }
  | { readonly valid: false; readonly reason: RefusalReason; readonly entry?: ValidationEntry };

/** The contract's texts. */
export const REFUSAL_TEXT: Readonly<Record<RefusalReason, string>> = {
  not_found: 'Token not found',
  inactive: 'Token is inactive',
  expired: 'Token has expired',
  account_suspended: 'Account is suspended',
  scope: 'Permission denied',
};

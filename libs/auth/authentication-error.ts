import { TollgateError } from '@tollgate/domain';

/**
 * A refused authentication. `accountId` is set only where the caller's claim names an account that exists; it is for the
 * audit trail and never shown.
 */
export class AuthenticationError extends TollgateError {
  override readonly name = 'AuthenticationError';

  /**
   * @param message the contract's text
   * @param accountId the account that was claimed, where known
   * @param code `unauthenticated` (401), or `account_suspended` (403) for a proved but suspended account
   */
  constructor(
    message: string,
    readonly accountId?: string,
    code: 'unauthenticated' | 'account_suspended' = 'unauthenticated',
  ) {
    super(code, message);
  }
}

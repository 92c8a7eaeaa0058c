/**
 * Every way in which a request can be refused by a rule of ours. The HTTP layer maps each code to a status in one
 * place; services know the code only.
 */
export type ErrorCode =
  | 'invalid_request'
  | 'unauthenticated'
  | 'account_suspended'
  | 'permission_denied'
  | 'not_found'
  | 'conflict'
  | 'payload_too_large'
  | 'not_supported'
  | 'rate_limited'
  | 'unavailable';

/** Extra facts some refusals carry. */
export interface TollgateErrorDetails {
  /** Whole seconds after which a repeat may succeed (sent as `Retry-After`). */
  readonly retryAfterSeconds?: number;
  /** The cause, for the log only: it never leaves the process. */
  readonly cause?: unknown;
}

/**
 * A refusal with a text that is safe to show to the caller.
 * Anything else that is thrown is a fault and leaves the process as `internal error`.
 */
export class TollgateError extends Error {
  override readonly name: string = 'TollgateError';
  readonly retryAfterSeconds: number | undefined;

  /**
   * @param code what kind of refusal this is
   * @param message text for the caller; names the field where one is at fault, never a secret
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    details: TollgateErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** A unique constraint of a store refused a write. Raised by every driver in this one form. */
export class DuplicateError extends Error {
  override readonly name = 'DuplicateError';

  /** @param field the domain name of the unique field, such as `email` */
  constructor(readonly field: string) {
    super(`duplicate ${field}`);
  }
}

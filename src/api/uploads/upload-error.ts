import { type ErrorCode, TollgateError, type TollgateErrorDetails } from '@tollgate/domain';

/** Each refusal of an upload: its HTTP status, and what it is to the rest of the house. The first six are the contract's. */
const REFUSALS = {
  MISSING_UPLOAD_TOKEN: [401, 'unauthenticated'],
  INVALID_UPLOAD_TOKEN: [401, 'unauthenticated'],
  TOKEN_EXPIRED: [401, 'unauthenticated'],
  TOKEN_ALREADY_USED: [401, 'unauthenticated'],
  INVALID_AUTH_KEY: [403, 'permission_denied'],
  RATE_LIMITED: [429, 'rate_limited'],
  INVALID_MULTIPART: [400, 'invalid_request'],
  MISSING_FILE: [400, 'invalid_request'],
  EMPTY_FILE: [400, 'invalid_request'],
  FILE_TOO_LARGE: [413, 'payload_too_large'],
  UNSUPPORTED_FILE_TYPE: [415, 'invalid_request'],
  UPLOAD_TOO_SLOW: [408, 'invalid_request'],
  QUOTA_EXCEEDED: [403, 'permission_denied'],
  UPLOAD_EXPIRED: [410, 'not_found'],
  UPLOAD_BUSY: [423, 'conflict'],
  TOO_MANY_UPLOADS: [503, 'unavailable'],
  STORAGE_FULL: [507, 'unavailable'],
  STORAGE_UNAVAILABLE: [503, 'unavailable'],
} as const satisfies Readonly<Record<string, readonly [number, ErrorCode]>>;

export type UploadErrorCode = keyof typeof REFUSALS;

/** An upload token without its value. */
export interface RefusedToken {
  readonly id: string;
  readonly accountId: string;
}

/** A refusal of an upload or of an upload token, in the contract's form. */
export class UploadError extends TollgateError {
  override readonly name = 'UploadError';
  private shown: RefusedToken | undefined;

  /** @param message text for the caller; never a token or a key */
  constructor(
    readonly uploadCode: UploadErrorCode,
    message: string,
    details: TollgateErrorDetails = {},
  ) {
    super(REFUSALS[uploadCode][1], message, details);
  }

  /** The token that was shown, where it is known: for the audit trail, never for the caller. */
  get token(): RefusedToken | undefined {
    return this.shown;
  }

  /** Notes the token that was shown. */
  about({ id, accountId }: RefusedToken): this {
    this.shown = { id, accountId };
    return this;
  }

  /** The HTTP status. */
  get status(): number {
    return REFUSALS[this.uploadCode][0];
  }
}

import type { Clock, ErrorCode } from '@tollgate/domain';

/** Body of every error answer. */
export interface ErrorBody {
  readonly error: string;
  /** The HTTP status again. */
  readonly code: number;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  /** Set on unexpected faults only, to find them in the log. */
  readonly request_id?: string;
}

/** The one place where our refusals become HTTP statuses. */
export const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  unauthenticated: 401,
  account_suspended: 403,
  permission_denied: 403,
  not_found: 404,
  conflict: 409,
  payload_too_large: 413,
  rate_limited: 429,
  not_supported: 501,
  unavailable: 503,
};

export function errorBody(clock: Clock, status: number, error: string, requestId?: string): ErrorBody {
  return {
    error,
    code: status,
    timestamp: clock.now().toISOString(),
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}

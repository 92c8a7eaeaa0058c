/** What every error of this package has in common. No message and no field ever holds a key or a token. */
export abstract class TollgateClientError extends Error {}

/** What the api said when it refused a request or failed. */
export interface TollgateApiErrorDetails {
  /** HTTP status. */
  readonly status: number;
  /** `code` of the error body; the HTTP status where the body has none. */
  readonly code: number;
  /** Whole seconds after which a repeat may succeed. */
  readonly retryAfterSeconds?: number | undefined;
  /** Names the request in the api's log. */
  readonly requestId?: string | undefined;
}

/** The api answered, but not with success. */
export class TollgateApiError extends TollgateClientError {
  override readonly name = 'TollgateApiError';
  readonly status: number;
  readonly code: number;
  readonly retryAfterSeconds: number | undefined;
  readonly requestId: string | undefined;

  /** @param message the api's own `error` text */
  constructor(message: string, details: TollgateApiErrorDetails) {
    super(message);
    this.status = details.status;
    this.code = details.code;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.requestId = details.requestId;
  }
}

/**
 * Why there is no answer that can be used.
 * `network`: no connection, or it broke. `timeout`: nothing within `timeoutMs`. `protocol`: what came back is not the
 * api's (no JSON, or of another shape): most often a wrong `baseUrl` or a proxy's own page.
 */
export type TransportFailure = 'network' | 'timeout' | 'protocol';

/** The api could not be asked. A request that changes something may or may not have been carried out. */
export class TollgateTransportError extends TollgateClientError {
  override readonly name = 'TollgateTransportError';

  constructor(
    readonly failure: TransportFailure,
    message: string,
    options?: { readonly cause: unknown },
  ) {
    super(message, options);
  }
}

/** The caller's own mistake, found before anything was sent. */
export class TollgateUsageError extends TollgateClientError {
  override readonly name = 'TollgateUsageError';
}

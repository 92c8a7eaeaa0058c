import { BaseUrl } from './base-url';
import { type ClientClock, systemClock } from './client-clock';
import { TollgateUsageError } from './errors';
import { DEFAULT_RETRY, retryDelayMs, type RetryPolicy } from './retry';
import { type Fetch, Transport, type WireRequest } from './transport';

/** What every client of this package can be told. */
export interface ConnectionOptions {
  /** Such as `http://127.0.0.1:8081`. A path in it must be one that a proxy strips again. */
  readonly baseUrl: string;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** For one try, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Default: the machine's clock. */
  readonly clock?: ClientClock | undefined;
}

/** For clients that read, and may therefore repeat. */
export interface RetryOptions {
  /** For GET requests only. */
  readonly retry?: Partial<RetryPolicy> | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** @throws TollgateUsageError for a bad `baseUrl` or `timeoutMs` */
export function openTransport(options: ConnectionOptions): Transport {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) {
    throw new TollgateUsageError('timeoutMs must be a whole number of milliseconds, 1 or more');
  }
  return new Transport({
    baseUrl: new BaseUrl(options.baseUrl),
    fetch: options.fetch ?? (async (url, init) => fetch(url, init)),
    clock: options.clock ?? systemClock,
    timeoutMs,
  });
}

/** Makes a request ready to be sent; called anew for every try, since a signature carries its time. */
export type Authenticate = (request: WireRequest) => Readonly<Record<string, string>>;

/** Calls routes that answer 2xx with a JSON object: adds authentication, repeats reads, raises errors. */
export class ApiCaller {
  readonly #transport: Transport;
  readonly #clock: ClientClock;
  readonly #retry: RetryPolicy;

  constructor(options: ConnectionOptions & RetryOptions) {
    this.#transport = openTransport(options);
    this.#clock = options.clock ?? systemClock;
    this.#retry = { ...DEFAULT_RETRY, ...options.retry };
  }

  /**
   * @throws TollgateApiError for an answer other than 2xx
   * @throws TollgateTransportError for none
   */
  async call<T>(request: WireRequest, authenticate: Authenticate): Promise<T> {
    for (let retries = 0; ; retries++) {
      try {
        return await this.#callOnce<T>(request, authenticate);
      } catch (error) {
        const delayMs = request.method === 'GET' ? retryDelayMs(error, retries, this.#retry, Math.random()) : undefined;
        if (delayMs === undefined) throw error;
        await this.#clock.wait(delayMs);
      }
    }
  }

  async #callOnce<T>(request: WireRequest, authenticate: Authenticate): Promise<T> {
    const answer = await this.#transport.send({ ...request, headers: authenticate(request) });
    if (answer.status < 200 || answer.status > 299) throw this.#transport.toApiError(answer);
    // The wire types are the api's promise; its own tests hold it to them.
    return answer.json as T;
  }
}

import type { BaseUrl } from './base-url';
import type { ClientClock } from './client-clock';
import { TollgateApiError, TollgateTransportError } from './errors';

/** The part of the global `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One request as it goes over the wire. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with query, below the base URL. */
  readonly uri: string;
  /** JSON text; absent: no body. */
  readonly body?: string | undefined;
  /** Authentication headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer with a JSON object in it. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface TransportOptions {
  readonly baseUrl: BaseUrl;
  readonly fetch: Fetch;
  readonly clock: ClientClock;
  /** For one try, from connecting to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** Sends one request and reads its JSON answer; does not judge the status. */
export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** @throws TollgateTransportError when there is no answer, or one without a JSON object */
  async send(request: WireRequest): Promise<WireAnswer> {
    const { response, text } = await this.#exchange(request);
    const json = parseObject(text);
    if (json === undefined) {
      if (!response.ok) return { status: response.status, headers: response.headers, json: {} };
      throw new TollgateTransportError('protocol', `${this.#options.baseUrl.text} did not answer with JSON`);
    }
    return { status: response.status, headers: response.headers, json };
  }

  /** The error that an answer without success stands for. */
  toApiError(answer: WireAnswer): TollgateApiError {
    const { error, message, code, request_id: requestId } = answer.json;
    const text = [error, message].find((candidate) => typeof candidate === 'string');
    return new TollgateApiError(text ?? `HTTP status ${String(answer.status)}`, {
      status: answer.status,
      code: typeof code === 'number' ? code : answer.status,
      retryAfterSeconds: retryAfterSeconds(answer.headers.get('retry-after'), this.#options.clock.nowMs()),
      requestId: typeof requestId === 'string' ? requestId : (answer.headers.get('x-request-id') ?? undefined),
    });
  }

  async #exchange(request: WireRequest): Promise<{ response: Response; text: string }> {
    const { baseUrl, timeoutMs } = this.#options;
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const response = await this.#options.fetch(baseUrl.resolve(request.uri), {
        method: request.method,
        headers: {
          Accept: 'application/json',
          ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...request.headers,
        },
        ...(request.body === undefined ? {} : { body: request.body }),
        // A redirect would carry credentials elsewhere, and a signature does not hold for another path.
        redirect: 'manual',
        signal: deadline,
      });
      return { response, text: await response.text() };
    } catch (cause) {
      if (deadline.aborted) {
        throw new TollgateTransportError('timeout', `no answer from ${baseUrl.text} within ${String(timeoutMs)} ms`);
      }
      throw new TollgateTransportError('network', `cannot reach ${baseUrl.text}${reasonOf(cause)}`, { cause });
    }
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whole seconds from either form of `Retry-After`: seconds, or an HTTP date. */
function retryAfterSeconds(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value);
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, Math.ceil((atMs - nowMs) / 1000));
}

/** The system's error code, such as ` (ECONNREFUSED)`, which `fetch` hides in the cause of its "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = isObject(error) ? error['cause'] : undefined;
  return isObject(cause) && typeof cause['code'] === 'string' ? ` (${cause['code']})` : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

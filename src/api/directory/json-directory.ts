import { TollgateError } from '@tollgate/domain';
import CircuitBreaker from 'opossum';

/** Largest answer read from a directory, in bytes. */
const MAX_ANSWER_BYTES = 65_536;
/** Tries of one look-up; a look-up changes nothing, so it may be repeated. */
const TRIES = 2;
const RETRY_STATUSES = new Set([500, 502, 503, 504]);

export interface JsonDirectoryOptions {
  /** Short name for errors and the log, such as `account directory`. */
  readonly name: string;
  /** Address to which the query is appended. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly bearer: string | undefined;
  /** Bound on one look-up, all tries together, in milliseconds. */
  readonly timeoutMs: number;
}

/** The directory answered, but with something that is no answer. */
class DirectoryAnswerError extends Error {
  override readonly name = 'DirectoryAnswerError';

  constructor(
    message: string,
    readonly retryable: boolean,
  ) {
    super(message);
  }
}

/**
 * A directory asked over HTTP: `GET {url}?{query}` answers a JSON object, or 404. One deadline for everything, one
 * repeat for what may pass, a circuit breaker for what does not.
 */
export class JsonDirectory {
  private readonly breaker: CircuitBreaker<[Record<string, string>], Record<string, unknown> | undefined>;

  constructor(private readonly options: JsonDirectoryOptions) {
    this.breaker = new CircuitBreaker((query) => this.fetchWithRetry(query), {
      name: options.name,
      timeout: false,
      errorThresholdPercentage: 50,
      volumeThreshold: 5,
      resetTimeout: 5_000,
    });
  }

  /**
   * @param query names and values of the query, encoded here
   * @returns `undefined` when the directory has no such entry
   * @throws TollgateError `unavailable` when it can't be reached, is too slow, or answers nonsense
   */
  async find(query: Record<string, string>): Promise<Record<string, unknown> | undefined> {
    try {
      return await this.breaker.fire(query);
    } catch (error) {
      throw new TollgateError('unavailable', `${this.options.name} unavailable`, {
        retryAfterSeconds: 5,
        cause: error,
      });
    }
  }

  /** Ends the breaker's timers. */
  close(): void {
    this.breaker.shutdown();
  }

  private async fetchWithRetry(query: Record<string, string>): Promise<Record<string, unknown> | undefined> {
    const signal = AbortSignal.timeout(this.options.timeoutMs);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.fetchOnce(query, signal);
      } catch (error) {
        const final = error instanceof DirectoryAnswerError && !error.retryable;
        if (final || signal.aborted || attempt === TRIES) throw error;
      }
    }
  }

  private async fetchOnce(
    query: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Record<string, unknown> | undefined> {
    const { url, bearer } = this.options;
    const response = await fetch(`${url}?${new URLSearchParams(query).toString()}`, {
      headers: { accept: 'application/json', ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) },
      // A redirect could carry the bearer elsewhere.
      redirect: 'error',
      signal,
    });
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new DirectoryAnswerError(`status ${String(response.status)}`, RETRY_STATUSES.has(response.status));
    }
    return parseObject(await readBounded(response));
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new DirectoryAnswerError('answer too large', false);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DirectoryAnswerError('answer is not JSON', false);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DirectoryAnswerError('answer is not a JSON object', false);
  }
  return value as Record<string, unknown>;
}

import { createHash } from 'node:crypto';
import { type ConnectionOptions, openTransport } from './api-caller';
import { type ClientClock, systemClock } from './client-clock';
import { TollgateTransportError } from './errors';
import type { Transport } from './transport';
import { readVerdict, type Verdict } from './verdict';
import { type CacheOptions, VerdictCache } from './verdict-cache';

export interface TokenValidatorOptions extends ConnectionOptions {
  /** Absent: every call asks the api, so that a revoke holds at once. */
  readonly cache?: CacheOptions | undefined;
}

export interface ValidateOptions {
  /** One scope, or several that must all be granted. */
  readonly requiredScope?: string | readonly string[] | undefined;
}

/** Longer than any token; keeps a stranger's input out of the request headers. */
const MAX_TOKEN_LENGTH = 512;

/**
 * Asks the api whether a bearer token is good. Needs no keys.
 *
 * With a cache, equal questions that are asked at once are sent once, and verdicts are reused for `ttlMs`: a revoke
 * may be seen that much later. Only a SHA-256 of token and scopes is kept. Without a cache nothing is shared.
 */
export class TokenValidator {
  readonly #transport: Transport;
  readonly #clock: ClientClock;
  readonly #cache: VerdictCache | undefined;
  readonly #flights = new Map<string, Promise<Verdict>>();

  constructor(options: TokenValidatorOptions) {
    this.#transport = openTransport(options);
    this.#clock = options.clock ?? systemClock;
    this.#cache = options.cache === undefined ? undefined : new VerdictCache(options.cache);
  }

  /**
   * @param token the value as it came, without `Bearer `
   * @throws TollgateApiError for any answer that is no verdict: a fault (5xx), a limit (429), a bad scope (400)
   * @throws TollgateTransportError when the api can't be asked; whether to let the caller in is then yours to decide
   */
  async validate(token: string, options: ValidateOptions = {}): Promise<Verdict> {
    // `fetch` would put the value into the text of its error.
    if (token.length > MAX_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(token)) {
      return { valid: false, reason: 'malformed', message: 'not a token' };
    }
    const cache = this.#cache;
    if (cache === undefined) return this.#ask(token, options.requiredScope);

    const key = cacheKey(token, options.requiredScope);
    const known = cache.find(key, this.#clock.nowMs());
    if (known !== undefined) return known;
    const flight = this.#flights.get(key);
    return flight ?? this.#askOnce(key, token, options.requiredScope, cache);
  }

  /** Forgets every verdict, and those on their way. */
  clearCache(): void {
    this.#cache?.clear();
    this.#flights.clear();
  }

  async #askOnce(
    key: string,
    token: string,
    scope: ValidateOptions['requiredScope'],
    cache: VerdictCache,
  ): Promise<Verdict> {
    const askedAtMs = this.#clock.nowMs();
    const flight: Promise<Verdict> = this.#ask(token, scope).then(
      (verdict) => {
        if (this.#land(key, flight)) cache.keep(key, verdict, askedAtMs);
        return verdict;
      },
      (error: unknown) => {
        this.#land(key, flight);
        throw error;
      },
    );
    this.#flights.set(key, flight);
    return flight;
  }

  /** Whether the flight was still wanted: after `clearCache` its late answer must not be kept. */
  #land(key: string, flight: Promise<Verdict>): boolean {
    return this.#flights.get(key) === flight && this.#flights.delete(key);
  }

  async #ask(token: string, requiredScope: ValidateOptions['requiredScope']): Promise<Verdict> {
    const answer = await this.#transport.send({
      method: 'POST',
      uri: '/api/v2/validate',
      body: requiredScope === undefined ? undefined : JSON.stringify({ required_scope: requiredScope }),
      headers: { Authorization: `Bearer ${token}` },
    });
    const verdict = readVerdict(answer.status, answer.json);
    if (verdict !== undefined) return verdict;
    if (answer.status === 200) throw new TollgateTransportError('protocol', 'the answer to validate holds no verdict');
    throw this.#transport.toApiError(answer);
  }
}

/** SHA-256 over token and scopes; JSON keeps the parts apart, sorting makes equal questions equal. */
function cacheKey(token: string, requiredScope: ValidateOptions['requiredScope']): string {
  const scopes =
    typeof requiredScope === 'string' ? requiredScope : requiredScope && [...new Set(requiredScope)].sort();
  return createHash('sha256')
    .update(JSON.stringify([token, scopes ?? null]))
    .digest('base64');
}

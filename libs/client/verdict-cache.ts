import { TollgateUsageError } from './errors';
import type { Verdict } from './verdict';

export interface CacheOptions {
  /** How long a token that was valid counts as valid without asking again: also how late a revoke may be seen. */
  readonly ttlMs: number;
  /** Most verdicts kept; the least recently used go first. */
  readonly maxEntries: number;
  /** The same for refusals. Default 0: a refused token is asked for every time. */
  readonly negativeTtlMs?: number;
}

interface Entry {
  readonly verdict: Verdict;
  readonly untilMs: number;
}

/** Verdicts by key, bounded in number and age. A verdict never outlives its token's own `expires_at`. */
export class VerdictCache {
  readonly #entries = new Map<string, Entry>();
  readonly #options: CacheOptions;

  /** @throws TollgateUsageError for numbers that are not whole, or a cache that could hold nothing */
  constructor(options: CacheOptions) {
    const { ttlMs, maxEntries, negativeTtlMs = 0 } = options;
    if (![ttlMs, maxEntries, negativeTtlMs].every((value) => Number.isSafeInteger(value) && value >= 0)) {
      throw new TollgateUsageError('cache: ttlMs, maxEntries and negativeTtlMs must be whole numbers, 0 or more');
    }
    if (maxEntries === 0) throw new TollgateUsageError('cache: maxEntries must be 1 or more');
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(key: string, nowMs: number): Verdict | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (nowMs >= entry.untilMs) return undefined;
    // A Map keeps the order of insertion: put back at the end, the first key is the least recently used.
    this.#entries.set(key, entry);
    return entry.verdict;
  }

  /** @param askedAtMs when the question was sent: age counts from there, not from the answer */
  keep(key: string, verdict: Verdict, askedAtMs: number): void {
    this.#entries.delete(key);
    const untilMs = this.#untilMs(verdict, askedAtMs);
    if (untilMs <= askedAtMs) return;
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= this.#options.maxEntries && oldest.done !== true) this.#entries.delete(oldest.value);
    this.#entries.set(key, { verdict, untilMs });
  }

  clear(): void {
    this.#entries.clear();
  }

  #untilMs(verdict: Verdict, askedAtMs: number): number {
    if (!verdict.valid) return askedAtMs + (this.#options.negativeTtlMs ?? 0);
    const expiresAt = verdict.token_info.expires_at;
    const untilMs = askedAtMs + this.#options.ttlMs;
    if (expiresAt === undefined) return untilMs;
    const expiresAtMs = Date.parse(expiresAt);
    return Number.isNaN(expiresAtMs) ? askedAtMs : Math.min(untilMs, expiresAtMs);
  }
}

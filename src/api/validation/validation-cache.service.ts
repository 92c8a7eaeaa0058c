import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type Change, ChangeFeed, Clock, TokenRepository, TollgateError } from '@tollgate/domain';
import { LRUCache } from 'lru-cache';
import { INSTALLATION_CHANGES } from '../redis/installation-changes';
import { LimitPolicy } from '../rate-limits/limit-policy';
import { ValidationEntry } from './validation-entry';

/** Bounds of the cache. */
export class ValidationCacheOptions {
  /**
   * @param maxTokens tokens kept; past it the longest unused goes
   * @param ttlMs how long an entry may live where the store tells nothing of other processes' changes
   */
  constructor(
    readonly maxTokens: number,
    readonly ttlMs: number,
  ) {}
}

/** Where the store tells of changes, entries are dropped by those; the age is a second line of defence. */
const TTL_WITH_FEED_MS = 60_000;
/** Unknown hashes kept apart from tokens, so that a stranger who guesses can't push tokens out. */
const MAX_UNKNOWN = 20_000;
/** Account changes remembered one by one; past it everything older counts as changed. */
const MAX_CHANGED_ACCOUNTS = 10_000;
/** Loads repeated because the token changed meanwhile, before giving up. */
const MAX_RELOADS = 20;
/** Between two looks at the store that callers ask for, for one token. */
const FRESH_LOOK_INTERVAL_MS = 1_000;

interface Kept {
  readonly entry: ValidationEntry;
  /** When it was loaded, and until when it is believed. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** When the store was last asked for it, with or without an answer. */
  askedMs: number;
}

/** What the cache did, ever since. */
export interface CacheStats {
  readonly size: number;
  readonly hits: number;
  readonly misses: number;
  /** Answered from what is known not to exist. */
  readonly negativeHits: number;
  readonly loads: number;
  readonly changes: number;
}

/**
 * Tokens by the hash of their value. A load that began before a change is never kept or answered after it: each change
 * gets a number, each entry remembers the number at which its load began.
 */
@Injectable()
export class ValidationCache implements OnModuleDestroy {
  private readonly kept: LRUCache<string, Kept>;
  private readonly unknown = new LRUCache<string, { readonly untilMs: number }>({ max: MAX_UNKNOWN });
  private readonly loads = new Map<string, Promise<ValidationEntry | undefined>>();
  /** For each hash being loaded: the number of the last change to it meanwhile. */
  private readonly changedWhileLoading = new Map<string, number>();
  private readonly changedAccounts = new Map<string, number>();
  private changes = 0;
  private allChangedAt = 0;
  private hits = 0;
  private misses = 0;
  private negativeHits = 0;
  private loaded = 0;
  private readonly ttlMs: number;
  private readonly unsubscribe: () => void;

  constructor(
    private readonly tokens: TokenRepository,
    private readonly clock: Clock,
    private readonly limits: LimitPolicy,
    @Inject(INSTALLATION_CHANGES) feed: ChangeFeed,
    options: ValidationCacheOptions,
  ) {
    this.kept = new LRUCache({ max: options.maxTokens });
    this.ttlMs = feed.latencyMs === undefined ? options.ttlMs : Math.max(options.ttlMs, TTL_WITH_FEED_MS);
    this.unsubscribe = feed.subscribe((change) => {
      this.apply(change);
    });
  }

  get stats(): CacheStats {
    const { hits, misses, negativeHits, loaded, changes } = this;
    return { size: this.kept.size, hits, misses, negativeHits, loads: loaded, changes };
  }

  /**
   * The token with this hash if it is kept here and still current: the way of nearly every validation.
   * @param hash SHA-256 of the token value, lower-case hex
   */
  findKept(hash: string, nowMs: number): ValidationEntry | undefined {
    const kept = this.kept.get(hash);
    // Before its load: the clock went back, and nobody knows how old the entry is.
    if (kept === undefined || nowMs >= kept.untilMs || nowMs < kept.sinceMs) return undefined;
    if (!this.isCurrent(kept.entry)) return undefined;
    this.hits += 1;
    return kept.entry;
  }

  /**
   * Whether there was a token with this hash when it was last looked up, however long ago: one that comes back is no
   * guess of a stranger.
   */
  wasKnown(hash: string): boolean {
    return this.kept.has(hash);
  }

  /** Whether the store is being asked for this hash: to {@link find} it then costs the store nothing more. */
  isLoading(hash: string): boolean {
    return this.loads.has(hash);
  }

  /**
   * The token with this hash, at once when it is known.
   * @param hash SHA-256 of the token value, lower-case hex
   * @returns `undefined` when there is no such token
   */
  find(hash: string): ValidationEntry | undefined | Promise<ValidationEntry | undefined> {
    const nowMs = this.clock.nowMs();
    const kept = this.findKept(hash, nowMs);
    if (kept !== undefined) return kept;
    const unknown = this.unknown.get(hash);
    if (unknown !== undefined && nowMs < unknown.untilMs) {
      this.negativeHits += 1;
      return undefined;
    }
    this.misses += 1;
    return this.load(hash);
  }

  /**
   * The token with this hash as the store has it now, for callers that do not trust the cache; at most once a second for
   * a token, and only for one that is kept. Otherwise the same as {@link find}.
   */
  findFresh(hash: string): ValidationEntry | undefined | Promise<ValidationEntry | undefined> {
    const kept = this.kept.peek(hash);
    const nowMs = this.clock.nowMs();
    if (kept === undefined || nowMs - kept.askedMs < FRESH_LOOK_INTERVAL_MS) return this.find(hash);
    kept.askedMs = nowMs;
    this.misses += 1;
    return this.load(hash);
  }

  /** Whether nothing that an entry says was changed since it was loaded. To be asked again after each wait. */
  isCurrent({ isOutdated, accountId, loadedAt }: ValidationEntry): boolean {
    return !isOutdated && this.isAccountCurrent(accountId, loadedAt);
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  private load(hash: string): Promise<ValidationEntry | undefined> {
    const running = this.loads.get(hash);
    if (running !== undefined) return running;
    const load = this.loadCurrent(hash).finally(() => {
      this.loads.delete(hash);
      this.changedWhileLoading.delete(hash);
    });
    this.loads.set(hash, load);
    return load;
  }

  private async loadCurrent(hash: string): Promise<ValidationEntry | undefined> {
    for (let attempt = 0; attempt < MAX_RELOADS; attempt += 1) {
      const loadedAt = this.changes;
      const sinceMs = this.clock.nowMs();
      this.loaded += 1;
      const credential = await this.tokens.findCredentialByHash(Buffer.from(hash, 'hex'));
      if (
        this.allChangedAt > loadedAt ||
        (this.changedWhileLoading.get(hash) ?? 0) > loadedAt ||
        (credential !== undefined && !this.isAccountCurrent(credential.token.accountId, loadedAt))
      ) {
        continue;
      }
      // From the start of the load: what it found may have been changed right after the store had read it.
      const untilMs = sinceMs + this.ttlMs;
      if (credential === undefined) {
        this.unknown.set(hash, { untilMs });
        this.kept.delete(hash);
        return undefined;
      }
      const entry = new ValidationEntry(credential, this.limits.forToken(credential), loadedAt);
      this.unknown.delete(hash);
      this.kept.set(hash, { entry, sinceMs, untilMs, askedMs: sinceMs });
      return entry;
    }
    throw new TollgateError('unavailable', 'token is changing too fast', { retryAfterSeconds: 1 });
  }

  private isAccountCurrent(accountId: string, loadedAt: number): boolean {
    if (loadedAt < this.allChangedAt) return false;
    return this.changedAccounts.size === 0 || (this.changedAccounts.get(accountId) ?? 0) <= loadedAt;
  }

  private apply(change: Change): void {
    this.changes += 1;
    switch (change.kind) {
      case 'token':
        this.outdate(change.tokenHash);
        this.unknown.delete(change.tokenHash);
        if (this.loads.has(change.tokenHash)) this.changedWhileLoading.set(change.tokenHash, this.changes);
        return;
      case 'account':
        if (this.changedAccounts.size >= MAX_CHANGED_ACCOUNTS) this.forgetAll();
        this.changedAccounts.set(change.accountId, this.changes);
        return;
      case 'all':
        this.forgetAll();
        return;
    }
  }

  /** Not deleted: that it was known is worth keeping, see {@link wasKnown}. */
  private outdate(hash: string): void {
    const kept = this.kept.peek(hash);
    if (kept !== undefined) kept.entry.isOutdated = true;
  }

  /** By their number: the entries stay, as tokens that were known. */
  private forgetAll(): void {
    this.allChangedAt = this.changes;
    this.unknown.clear();
    this.changedAccounts.clear();
  }
}

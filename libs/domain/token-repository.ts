import type { AuditRecord } from './audit-record';
import type { Page, PageRequest } from './page';
import type { Token, TokenChanges, TokenCredential } from './token';
import type { UsageBatch, UsageBucket, UsageGranularity } from './usage';

export interface TokenFilter {
  /** Only tokens that are active and not expired at this instant. */
  readonly activeAt?: Date;
  /** Only tokens that this sub-account created. */
  readonly iuid?: string;
}

/**
 * Where bearer tokens live. Every verb is atomic and bound to one account; the audit record it is given is kept
 * exactly when the change is.
 */
export abstract class TokenRepository {
  /** @throws DuplicateError with field `id` or `token` */
  abstract insert(token: Token, audit: AuditRecord): Promise<void>;

  abstract findById(accountId: string, tokenId: string): Promise<Token | undefined>;

  /**
   * The one look-up without an account id: the hash is itself the proof of who asks.
   * `undefined` also when the token's account is gone.
   * @param hash SHA-256 of the token value
   */
  abstract findCredentialByHash(hash: Buffer): Promise<TokenCredential | undefined>;

  /** Newest first, ties by id. */
  abstract list(accountId: string, filter: TokenFilter, page: PageRequest): Promise<Page<Token>>;

  /** @returns the token as changed; `undefined` when the account has no such token (then nothing is audited) */
  abstract setActive(
    accountId: string,
    tokenId: string,
    isActive: boolean,
    at: Date,
    audit: AuditRecord,
  ): Promise<Token | undefined>;

  /** @returns the token as changed; `undefined` when the account has no such token (then nothing is audited) */
  abstract update(
    accountId: string,
    tokenId: string,
    changes: TokenChanges,
    at: Date,
    audit: AuditRecord,
  ): Promise<Token | undefined>;

  /** Deletes a token and its usage. Of several at once, exactly one is told `true`. */
  abstract delete(accountId: string, tokenId: string, audit: AuditRecord): Promise<boolean>;

  /**
   * Adds counts to totals and hours, and moves `lastUsedAt` forward, never back. Tokens that are gone are skipped.
   * Repeating a batch with the same id, after a failure or not, counts nothing twice; repeating it until it succeeds
   * counts everything once. All or nothing on a store that can.
   */
  abstract recordUsage(batch: UsageBatch): Promise<void>;

  /**
   * Hours or days with at least one validation, oldest first. Hours older than `HOURLY_USAGE_HOURS` may be gone; their
   * days are not.
   * @param fromHour whole hours since the epoch, included; for days the start of a day
   * @param toHour whole hours since the epoch, not included; for days the start of a day
   */
  abstract listUsage(
    accountId: string,
    tokenId: string,
    granularity: UsageGranularity,
    fromHour: number,
    toHour: number,
  ): Promise<readonly UsageBucket[]>;

  /**
   * Turns up to `limit` hourly counts of hours before `beforeHour` into daily ones; what {@link listUsage} answers for
   * days stays the same.
   * @returns how many hourly counts went
   */
  abstract foldUsage(beforeHour: number, limit: number): Promise<number>;

  /** Removes up to `limit` tokens whose `purgeAt` has come; returns how many went. */
  abstract purge(now: Date, limit: number): Promise<number>;
}

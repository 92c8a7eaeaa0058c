import type { AuditRecord } from './audit-record';
import type { Page, PageRequest } from './page';
import type { DailyUsage, Token, TokenCredential, TokenUsage } from './token';

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

  /** Deletes a token and its usage. Of several at once, exactly one is told `true`. */
  abstract delete(accountId: string, tokenId: string, audit: AuditRecord): Promise<boolean>;

  /**
   * Adds counts to totals and days, and moves `lastUsedAt` forward, never back. Tokens that are gone are skipped.
   * All or nothing on a store that can; in any case no count is added twice by one call.
   */
  abstract recordUsage(batch: readonly TokenUsage[]): Promise<void>;

  /** Days with at least one request, oldest first, both ends included (`YYYY-MM-DD`). */
  abstract listDailyUsage(
    accountId: string,
    tokenId: string,
    fromDay: string,
    toDay: string,
  ): Promise<readonly DailyUsage[]>;

  /** Removes up to `limit` tokens whose `purgeAt` has come; returns how many went. */
  abstract purge(now: Date, limit: number): Promise<number>;
}

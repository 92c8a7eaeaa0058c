import type { AuditRecord } from '../audit-record';
import type { Page, PageRequest } from '../page';
import type { UploadCredential, UploadToken } from './upload-token';
import type { UploadCallback, UploadedFile } from './uploaded-file';

export interface UploadTokenFilter {
  /** Only tokens with this owner label. */
  readonly ownerLabel?: string;
  /** Only tokens that this sub-account issued. */
  readonly iuid?: string;
  /** Only tokens that have no end and are not expired at this instant. */
  readonly openAt?: Date;
}

/**
 * How an insert ended: `suspended` when the account is suspended, or is while the token is inserted. Then there is no token
 * that works: none at all, or one that was revoked at once.
 */
export type UploadTokenInsertOutcome = 'inserted' | 'suspended';

/** A finished upload, to be kept together with the end of its token. */
export interface UploadCommit {
  readonly file: UploadedFile;
  readonly callback?: UploadCallback;
  /** Most bytes that the account's files may have together, this one included; absent: any. */
  readonly quotaBytes?: number;
  readonly audit: AuditRecord;
}

/**
 * How a commit ended. Anything but `stored` has changed nothing.
 * - `ended`: the token has its end already, or is gone
 * - `suspended`: its account is suspended or gone
 * - `quota`: the account's files would have more bytes than they may
 */
export type UploadCommitOutcome = 'stored' | 'ended' | 'suspended' | 'quota';

/**
 * Where upload tokens live, and where it is decided that one is used: whatever happens around it, of all uploads with one
 * token at most one is committed. Every verb is atomic; the audit record it is given is kept exactly when the change is.
 */
export abstract class UploadTokenRepository {
  /**
   * Whatever comes first, a suspension followed by {@link revokeAll} leaves no open token of the account.
   * @throws DuplicateError with field `id` or `token`
   */
  abstract insert(token: UploadToken, audit: AuditRecord): Promise<UploadTokenInsertOutcome>;

  /**
   * The one look-up without an account id: the hash is itself the proof of who asks.
   * @param hash SHA-256 of the token value
   */
  abstract findCredentialByHash(hash: Buffer): Promise<UploadCredential | undefined>;

  abstract findById(accountId: string, tokenId: string): Promise<UploadToken | undefined>;

  /** Operator: the same over every account. */
  abstract findByIdAcrossAccounts(tokenId: string): Promise<UploadToken | undefined>;

  /** Newest first, ties by id. */
  abstract list(accountId: string, filter: UploadTokenFilter, page: PageRequest): Promise<Page<UploadToken>>;

  /** Operator: the same over every account. */
  abstract listAcrossAccounts(filter: UploadTokenFilter, page: PageRequest): Promise<Page<UploadToken>>;

  /**
   * Ends a token as `revoked`.
   * @param purgeAt when its record may go
   * @returns the token as it is now, with the end it had already if it had one (then nothing is audited); `undefined` when
   * the account has no such token
   */
  abstract revoke(
    accountId: string,
    tokenId: string,
    at: Date,
    purgeAt: Date,
    audit: AuditRecord,
  ): Promise<UploadToken | undefined>;

  /** Ends all tokens of an account that have no end as `revoked`. @returns how many */
  abstract revokeAll(accountId: string, at: Date, purgeAt: Date): Promise<number>;

  /** Ends a token as `refused`. @returns false when it had an end, or is gone (then nothing is audited) */
  abstract refuse(accountId: string, tokenId: string, at: Date, purgeAt: Date, audit: AuditRecord): Promise<boolean>;

  /**
   * Ends a token as `stored` and keeps the file, and with it what is to be told of it.
   * @param tokenId of `commit.file.accountId`
   * @param purgeAt when the token's record may go; the file stays
   */
  abstract commit(tokenId: string, purgeAt: Date, commit: UploadCommit): Promise<UploadCommitOutcome>;

  /** Removes up to `limit` tokens whose `purgeAt` has come, but none that is being uploaded with; returns how many went. */
  abstract purge(now: Date, limit: number): Promise<number>;
}

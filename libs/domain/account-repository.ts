import type { Account, AccountCredentials, AccountStatus, SealedSecret } from './account';
import type { AuditRecord } from './audit-record';
import type { Page, PageRequest } from './page';
import type { RateLimit } from './rate-limit';
import type { ValidationLogSetting } from './validation-log';

/**
 * Where accounts live. Every verb is atomic: its result is exact under concurrency, and the audit record it is given
 * is kept exactly when the change is.
 */
export abstract class AccountRepository {
  /** @throws DuplicateError with field `id`, `email`, `access_key` or `qiniu_uid` */
  abstract insert(account: Account, audit: AuditRecord): Promise<void>;

  abstract findById(accountId: string): Promise<Account | undefined>;

  abstract findByAccessKey(accessKey: string): Promise<Account | undefined>;

  /** @param email lower-cased */
  abstract findByEmail(email: string): Promise<Account | undefined>;

  abstract findByQiniuUid(uid: number): Promise<Account | undefined>;

  /** Replaces the SecretKey; the AccessKey stays. `undefined` when there is no such account. */
  abstract replaceSecret(
    accountId: string,
    secret: Pick<AccountCredentials, 'secretSealed' | 'secretHash'>,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined>;

  abstract setStatus(
    accountId: string,
    status: AccountStatus,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined>;

  /** @param rateLimit `undefined` takes the limits away */
  abstract setRateLimit(
    accountId: string,
    rateLimit: RateLimit | undefined,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined>;

  /** @param validationLog `undefined` switches the log off; what it holds stays until its time comes */
  abstract setValidationLog(
    accountId: string,
    validationLog: ValidationLogSetting | undefined,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined>;

  /**
   * Records what an external directory says of an account: inserts it, or updates `email`, `status` and `updatedAt`
   * when they differ. Never touches an account of origin `local`. Not audited: nobody here decided it.
   */
  abstract upsertFromDirectory(account: Account): Promise<void>;

  /**
   * Swaps one sealed form of a SecretKey for another, only if the stored one is still `from`.
   * @returns false when the secret changed meanwhile or the account is gone
   */
  abstract reseal(accountId: string, from: SealedSecret, to: SealedSecret): Promise<boolean>;

  /** Operator: accounts newest first; `search` matches a part of id, email or company, or a whole AccessKey. */
  abstract listAcrossAccounts(
    filter: { readonly status?: AccountStatus; readonly search?: string },
    page: PageRequest,
  ): Promise<Page<Account>>;

  /** Operator: up to `limit` accounts whose secret is sealed with another key than `keyId`, with ids after `afterId`. */
  abstract listSealedOtherwiseAcrossAccounts(
    keyId: string,
    afterId: string,
    limit: number,
  ): Promise<readonly { readonly accountId: string; readonly secretSealed: SealedSecret }[]>;

  /** Operator: how many secrets each master key still seals. */
  abstract countBySealKeyAcrossAccounts(): Promise<ReadonlyMap<string, number>>;
}

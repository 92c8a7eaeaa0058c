import type { RateLimit, SubAccount } from '@tollgate/domain';

/** A tenant, as proved by a signature or a bearer token, or vouched for by a trusted caller. */
export interface AccountPrincipal {
  readonly kind: 'account';
  readonly accountId: string;
  readonly via: 'hmac' | 'qiniu-stub' | 'bearer';
  /** The AccessKey that signed; absent for a trusted caller. */
  readonly accessKey?: string;
  /** The bearer token that was shown. */
  readonly tokenId?: string;
  /** The account's limits as of this request; absent where the token's validation has counted against them. */
  readonly rateLimit?: RateLimit;
  /** Set when a sub-account acts: it sees only what it made itself. */
  readonly subAccount?: SubAccount;
}

/** Whoever holds the operator key. */
export interface OperatorPrincipal {
  readonly kind: 'operator';
}

/** Whoever holds the upload administrator's key. */
export interface UploadAdminPrincipal {
  readonly kind: 'upload-admin';
}

export type Principal = AccountPrincipal | OperatorPrincipal | UploadAdminPrincipal;

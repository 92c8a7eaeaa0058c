import type { RateLimit, SubAccount } from '@tollgate/domain';

/** A tenant, as proved by a signature or vouched for by a trusted caller. */
export interface AccountPrincipal {
  readonly kind: 'account';
  readonly accountId: string;
  readonly via: 'hmac' | 'qiniu-stub';
  /** The AccessKey that signed; absent for a trusted caller. */
  readonly accessKey?: string;
  /** The account's limits as of this request. */
  readonly rateLimit?: RateLimit;
  /** Set when a sub-account acts: it sees only what it made itself. */
  readonly subAccount?: SubAccount;
}

/** Whoever holds the operator key. */
export interface OperatorPrincipal {
  readonly kind: 'operator';
}

export type Principal = AccountPrincipal | OperatorPrincipal;

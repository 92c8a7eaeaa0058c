import type { Page, PageRequest } from '@tollgate/domain';
import type { TunnelToken, TunnelTokenDocument } from './tunnel-token';

/** Fields that an owner or operator may change; {@link findFieldErrors} says what is wrong with them. */
export const TUNNEL_TOKEN_SETTINGS = [
  'region',
  'enabled',
  'suspended',
  'allowPorts',
  'maxPortsPerClient',
  'bandwidthLimit',
  'trafficReportIntervalMB',
  'description',
  'expiresAt',
  'maxClients',
  'maxPorts',
  'maxConnections',
  'allowIPs',
  'monthlyTrafficGB',
  'monthlyTrafficPolicy',
  'subdomains',
  'customDomains',
] as const;

export type TunnelTokenSetting = (typeof TUNNEL_TOKEN_SETTINGS)[number];

/** New values of fields, as documents have them; `null` takes a field away. */
export type TunnelTokenChanges = { readonly [S in TunnelTokenSetting]?: unknown };

/** What a list is narrowed to. */
export interface TunnelTokenFilter {
  /** A part of the description or the id, whatever its case. */
  readonly search?: string;
}

/** How a token is replaced. */
export interface TunnelTokenRotation {
  /** The value of the new token. */
  readonly token: string;
  /** Its id. */
  readonly id: string;
  readonly at: Date;
  /** From when on the old token is refused; an earlier end that it has already stays. */
  readonly overlapUntil: Date;
}

export interface RotatedTunnelTokens {
  readonly fresh: TunnelToken;
  /** The token that was, with its end. */
  readonly retiring: TunnelToken;
}

/**
 * Where tunnel tokens are managed. Every verb is atomic; a change names only what changes, and keeps everything else that
 * is stored, known or not. Whoever made a change sees it in every later answer of this process. The audit is the
 * caller's: it may live in another store.
 *
 * Tokens that are written by hand belong to no account: the `…AcrossAccounts` verbs alone reach them.
 *
 * All reject with `TollgateError` `unavailable` while the store is away.
 */
export abstract class TunnelTokenRepository {
  /**
   * @param document with `token`, and our `id`, `createdAt` and, unless it is an operator's, `accountId`
   * @throws DuplicateError with field `token` or `id`
   * @throws TollgateError `invalid_request` that names the first wrong field
   */
  abstract insert(document: TunnelTokenDocument): Promise<TunnelToken>;

  abstract findById(accountId: string, tokenId: string): Promise<TunnelToken | undefined>;
  abstract findByIdAcrossAccounts(tokenId: string): Promise<TunnelToken | undefined>;

  /** Newest first, ties by id. */
  abstract list(accountId: string, filter: TunnelTokenFilter, page: PageRequest): Promise<Page<TunnelToken>>;
  abstract listAcrossAccounts(filter: TunnelTokenFilter, page: PageRequest): Promise<Page<TunnelToken>>;

  /**
   * @returns the token as changed; `undefined` when there is none
   * @throws TollgateError `invalid_request` that names the first wrong field, `conflict` when others keep changing it
   */
  abstract update(accountId: string, tokenId: string, changes: TunnelTokenChanges): Promise<TunnelToken | undefined>;
  abstract updateAcrossAccounts(tokenId: string, changes: TunnelTokenChanges): Promise<TunnelToken | undefined>;

  /** Of several at once, exactly one is told `true`. */
  abstract delete(accountId: string, tokenId: string): Promise<boolean>;
  abstract deleteAcrossAccounts(tokenId: string): Promise<boolean>;

  /**
   * Adds a token with the settings of an old one, which ends at `overlapUntil`, both or neither.
   * @throws DuplicateError with field `token` or `id`
   * @throws TollgateError `conflict` for a token that was replaced already
   */
  abstract rotate(
    accountId: string,
    tokenId: string,
    rotation: TunnelTokenRotation,
  ): Promise<RotatedTunnelTokens | undefined>;
  abstract rotateAcrossAccounts(
    tokenId: string,
    rotation: TunnelTokenRotation,
  ): Promise<RotatedTunnelTokens | undefined>;

  /**
   * Marks every token of an account as suspended, or no longer. Safe to repeat.
   * @returns how many tokens changed
   */
  abstract setSuspended(accountId: string, suspended: boolean): Promise<number>;
}

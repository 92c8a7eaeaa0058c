import { limitKeyOf, type TunnelToken } from '@tollgate/tunnel-tokens';
import { type RouteKey, RouteTakenError, type VhostRoutes } from '../vhost/vhost-routes';
import { ProxyRefusedError } from './proxy';

/** Most routes of one tenant, of all its proxies: domains times locations. */
const MAX_TENANT_ROUTES = 20_000;

/** What says whose a domain is. */
type DomainClaimant = Pick<TunnelToken, 'id' | 'accountId' | 'supersedes' | 'rootId'>;

/** All tokens of an account are one tenant's, and so are a token of nobody's and those that rotations have put in its place. */
export function domainOwner(token: DomainClaimant): string {
  return token.accountId === undefined ? `token/${limitKeyOf(token)}` : `account/${token.accountId}`;
}

/**
 * Takes all of a proxy's routes, or none.
 * @throws ProxyRefusedError when somebody has one of them, another tenant has its domain, or the tenant has too many
 */
export function claimRoutes<T>(
  routes: VhostRoutes<T>,
  keys: readonly RouteKey[],
  target: T,
  token: DomainClaimant,
): void {
  const owner = domainOwner(token);
  if (routes.countOf(owner) + keys.length > MAX_TENANT_ROUTES) {
    throw new ProxyRefusedError(`more than ${String(MAX_TENANT_ROUTES)} routes of one tenant`);
  }
  const added: RouteKey[] = [];
  try {
    for (const key of keys) {
      routes.add(key, target, owner);
      added.push(key);
    }
  } catch (error) {
    for (const key of added) routes.delete(key, target);
    throw error instanceof RouteTakenError ? new ProxyRefusedError(error.message) : error;
  }
}

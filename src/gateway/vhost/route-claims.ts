import type { HttpTarget } from './http/http-target';
import type { HttpsTarget } from './tls/https-vhost';
import type { RouteKey } from './vhost-routes';

/** Routes of the virtual hosts that other processes of the gateway are to know of. */
export interface RouteClaims {
  /**
   * Has the other processes bring users of these routes here. Resolves when all of them do.
   * @param owner whose the domains are, see `DomainOwners`
   * @returns takes the routes back
   * @throws RouteTakenError when somebody has one of them at another process; then none is taken
   */
  claimHttp(keys: readonly RouteKey[], owner: string, target: HttpTarget): Promise<() => void>;
  /** The same for server names of TLS. */
  claimHttps(keys: readonly RouteKey[], owner: string, target: HttpsTarget): Promise<() => void>;
}

import { type RouteKey, RouteTakenError, type VhostRoutes } from '../vhost/vhost-routes';
import { ProxyRefusedError } from './proxy';

/**
 * Takes all of a proxy's routes, or none.
 * @throws ProxyRefusedError when somebody has one of them
 */
export function claimRoutes<T>(routes: VhostRoutes<T>, keys: readonly RouteKey[], target: T): void {
  const added: RouteKey[] = [];
  try {
    for (const key of keys) {
      routes.add(key, target);
      added.push(key);
    }
  } catch (error) {
    for (const key of added) routes.delete(key, target);
    throw error instanceof RouteTakenError ? new ProxyRefusedError(error.message) : error;
  }
}

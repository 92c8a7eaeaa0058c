import { RouteTakenError } from '../vhost/vhost-routes';
import { type Proxy, ProxyRefusedError } from './proxy';

/** A proxy whose routes are this process's already. */
interface RoutedProxy extends Proxy {
  onPublished(withdraw: () => void): void;
}

/**
 * Has the other processes of the gateway bring users to a proxy, or closes it.
 * @param claim takes its routes there
 * @throws ProxyRefusedError when somebody has one of them there
 */
export async function publishRoutes<P extends RoutedProxy>(proxy: P, claim: () => Promise<() => void>): Promise<P> {
  try {
    proxy.onPublished(await claim());
    return proxy;
  } catch (error) {
    proxy.close();
    throw error instanceof RouteTakenError ? new ProxyRefusedError(error.message) : error;
  }
}

import type { HttpTargetOptions } from '../vhost/http/http-target';
import type { RouteKey } from '../vhost/vhost-routes';

/** Routes of one proxy, as the other processes of its gateway know them. */
export interface SharedRoutes {
  readonly id: number;
  /** Who serves it. */
  readonly member: number;
  readonly kind: 'http' | 'https';
  readonly keys: readonly RouteKey[];
  /** Whose the domains are. */
  readonly owner: string;
  /** Of a proxy of type http. */
  readonly options?: HttpTargetOptions;
}

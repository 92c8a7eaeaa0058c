import type { GatewayBoard } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import type { EtcdOptions } from './etcd/etcd-options';

/**
 * The board of the gateways in etcd, under `/tollgate/`, whose packages are loaded only now. Connects when it is first used.
 * @throws RangeError without an endpoint
 */
export function openEtcdGatewayBoard(options: EtcdOptions, log: Log): GatewayBoard {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only when chosen
  const driver = require('./etcd/etcd-gateway-board') as typeof import('./etcd/etcd-gateway-board');
  return new driver.EtcdGatewayBoard(options, log);
}

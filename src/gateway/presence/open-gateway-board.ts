import type { GatewayBoard } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { openEtcdGatewayBoard } from '@tollgate/tunnel-tokens';
import type { GatewayConfig } from '../config/gateway-config';
import { etcdOptionsOf } from '../tenants/etcd-options';
import type { OpenTokenSource } from '../tenants/open-embedded-tokens';

/** Where this gateway is seen and told what to do, and what is to be closed with it. */
export interface OpenGatewayBoard {
  readonly board: GatewayBoard;
  readonly close: () => Promise<void>;
}

/** As the api chooses: through Redis where there is one, else etcd, else the embedded store; a gateway with one token for all has none. */
export function openGatewayBoard(
  { redis, tenants }: GatewayConfig,
  { board: embedded }: OpenTokenSource,
  log: Log,
): OpenGatewayBoard | undefined {
  if (redis !== undefined) return openRedisBoard(redis, log);
  if (tenants.source === 'etcd') {
    const board = openEtcdGatewayBoard(etcdOptionsOf(tenants.etcd), log);
    return { board, close: () => board.close() };
  }
  // Closed with its store.
  return embedded && { board: embedded, close: () => Promise.resolve() };
}

function openRedisBoard({ url, keyPrefix }: NonNullable<GatewayConfig['redis']>, log: Log): OpenGatewayBoard {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only when chosen
  const { RedisConnection, RedisGatewayBoard } = require('@tollgate/redis') as typeof import('@tollgate/redis');
  const connection = RedisConnection.open({
    url: url.reveal(),
    keyPrefix,
    onFault: (error) => {
      log.warn({ err: error }, 'Redis is disturbed');
    },
  });
  const board = new RedisGatewayBoard(connection);
  return {
    board,
    close: async () => {
      await board.close();
      await connection.close();
    },
  };
}

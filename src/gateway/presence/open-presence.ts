import { randomHex } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { GatewayAnnouncer } from '@tollgate/tunnel-tokens';
import type { GatewayConfig } from '../config/gateway-config';
import type { OpenTokenSource } from '../tenants/open-embedded-tokens';
import type { TunnelServer } from '../tunnel-server';
import { openGatewayBoard } from './open-gateway-board';
import { presentClients } from './present-clients';

/** Has the clients of this process seen by the api, and hears what it says. A process of several is a gateway of its own here. */
export function openPresence(
  config: GatewayConfig,
  tokens: OpenTokenSource,
  tunnels: TunnelServer,
  log: Log,
): { close(): Promise<void> } | undefined {
  const open = openGatewayBoard(config, tokens, log);
  if (open === undefined) return undefined;
  const gatewayId = randomHex(16);
  const announcer = new GatewayAnnouncer(open.board, {
    gatewayId,
    listClients: () => presentClients(tunnels.sessions.book.list(), gatewayId),
    onCommand: ({ target, blockSeconds }) => {
      tunnels.sessions.kick(target, blockSeconds);
    },
    log,
  });
  tunnels.runtime.ticker.add(announcer);
  return {
    close: async () => {
      await announcer.close();
      await open.close();
    },
  };
}

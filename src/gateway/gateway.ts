import type { Log } from '@tollgate/observability';
import { openAdminPort } from './admin-port';
import type { GatewayConfig } from './config/gateway-config';
import { openParts } from './gateway-parts';
import { TunnelHealth } from './health/tunnel-health';
import { gatewayRegistry } from './metrics/gateway-registry';

/** A gateway that answers. */
export interface RunningGateway {
  /** Where its admin port answers, with the real port. */
  readonly url: string;
  /** Where clients connect: the real port. */
  readonly bindPort: number;
  /** Takes certificates and limits anew, for connections that come from now on. */
  reload(config: GatewayConfig): Promise<void>;
  /** Takes no more clients, users and requests, lets those that are there end, and cuts what is left at the deadline. */
  close(): Promise<void>;
}

/**
 * Starts the gateway in this process: its bind port for frp clients, and its admin port.
 * @throws when a port can't be opened, or a file of the settings not be read
 */
export async function startGateway(config: GatewayConfig, log: Log): Promise<RunningGateway> {
  const parts = await openParts(config, log);
  const { clock, tunnels, source, traffic } = parts;
  const bindPort = await parts.listen();
  const registry = gatewayRegistry(parts);
  const admin = await openAdminPort(config.admin, {
    log,
    clock,
    health: new TunnelHealth(tunnels, source, traffic),
    metrics: { read: () => registry.metrics() },
  });
  log.info({ url: admin.url }, 'gateway listening');
  return {
    url: admin.url,
    bindPort,
    reload: (changed) => tunnels.reload(changed),
    close: async () => {
      // Health is told until the end.
      await parts.close();
      await admin.close();
    },
  };
}

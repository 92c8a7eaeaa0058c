import { join } from 'node:path';
import { type Clock, SystemClock } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import type { GatewayConfig } from './config/gateway-config';
import { LoginMetrics } from './metrics/login-metrics';
import type { MeasuredParts } from './metrics/gateway-registry';
import { TenantBytes } from './metrics/tenant-bytes';
import { openPresence } from './presence/open-presence';
import type { OpenTokenSource } from './tenants/open-embedded-tokens';
import { openTokenSource } from './tenants/open-token-source';
import { GatewayTraffic } from './traffic/gateway-traffic';
import { MeteredTraffic } from './traffic/metered-traffic';
import { outboxFolders } from './traffic/outbox-folders';
import { type Neighbours, TunnelServer } from './tunnel-server';

/** Everything of a process that serves. */
export interface GatewayParts extends MeasuredParts {
  readonly clock: Clock;
  /** Opens the ports, and has the clients seen. @returns where clients connect. @throws the system's error */
  listen(): Promise<number>;
  /** Takes no more clients and users, lets those that are there end, and cuts what is left at the deadline. */
  close(): Promise<void>;
}

/**
 * Opens all that a process needs to serve, but for its ports.
 * @param place of this process among those of the gateway, from 0 on
 * @param neighbours absent where this is the only one
 */
export async function openParts(
  config: GatewayConfig,
  log: Log,
  place = 0,
  neighbours?: Neighbours,
): Promise<GatewayParts> {
  const clock = new SystemClock();
  const tokens = await openTokenSource(config, log, clock);
  const { source } = tokens;
  const bytes = new TenantBytes();
  const logins = new LoginMetrics();
  const traffic = await openTraffic(config, place, bytes, clock, log);
  traffic.start();
  const tunnels = new TunnelServer(
    {
      config,
      source,
      traffic: new MeteredTraffic(traffic, clock),
      log,
      ...(neighbours === undefined ? {} : { neighbours }),
    },
    (result, tookMs) => {
      logins.record(result, tookMs);
    },
  );
  // Those who listen by now take in tokens as they come, and need not go through all of them at once.
  await source.start();
  return { clock, source, traffic, tunnels, logins, bytes, ...openAndClose(config, log, tokens, traffic, tunnels) };
}

function openAndClose(
  config: GatewayConfig,
  log: Log,
  tokens: OpenTokenSource,
  traffic: GatewayTraffic,
  tunnels: TunnelServer,
): Pick<GatewayParts, 'listen' | 'close'> {
  let presence: ReturnType<typeof openPresence>;
  return {
    listen: async () => {
      const port = await tunnels.listen();
      log.info({ host: config.bind.host, port }, 'listening for frp clients');
      presence = openPresence(config, tokens, tunnels, log);
      return port;
    },
    close: async () => {
      await tunnels.close(config.shutdownMs);
      await presence?.close();
      await traffic.close();
      await tokens.close();
    },
  };
}

async function openTraffic(
  config: GatewayConfig,
  place: number,
  bytes: TenantBytes,
  clock: Clock,
  log: Log,
): Promise<GatewayTraffic> {
  const { reportUrl, reportKey } = config.traffic;
  const root = join(config.dataDir, 'gateway', 'traffic-outbox');
  return GatewayTraffic.open(
    {
      ...(await outboxFolders(root, place, config.workers)),
      region: config.tenants.source === 'single' ? '' : config.tenants.region,
      ...(reportUrl === undefined ? {} : { reportUrl }),
      ...(reportKey === undefined ? {} : { reportKey }),
      onMoved: (tokenId, inBytes, outBytes) => {
        bytes.add(tokenId, inBytes, outBytes);
      },
    },
    clock,
    log,
  );
}

import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SystemClock, randomHex } from '@tollgate/domain';
import { type Log, NestLogger } from '@tollgate/observability';
import { GatewayAnnouncer } from '@tollgate/tunnel-tokens';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from './config/gateway-config';
import { GatewayModule, type GatewayParts } from './gateway.module';
import { LoginMetrics } from './metrics/login-metrics';
import { TenantBytes } from './metrics/tenant-bytes';
import { openGatewayBoard } from './presence/open-gateway-board';
import { presentClients } from './presence/present-clients';
import type { OpenTokenSource } from './tenants/open-embedded-tokens';
import { openTokenSource } from './tenants/open-token-source';
import { GatewayTraffic } from './traffic/gateway-traffic';
import { MeteredTraffic } from './traffic/metered-traffic';
import { TunnelServer } from './tunnel-server';

/** How long running requests of the admin port may take to end once the gateway is told to stop. */
const CLOSE_DEADLINE_MS = 1_000;

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
 * Starts the gateway: its bind port for frp clients, and its admin port.
 * @throws when a port can't be opened, or a file of the settings not be read
 */
export async function startGateway(config: GatewayConfig, log: Log): Promise<RunningGateway> {
  const parts = await openParts(config, log);
  const { tunnels, traffic } = parts;
  const bindPort = await tunnels.listen();
  log.info({ host: config.bind.host, port: bindPort }, 'listening for frp clients');
  const presence = openPresence(parts);
  const admin = await openAdmin(parts);
  log.info({ url: admin.url }, 'gateway listening');
  return {
    url: admin.url,
    bindPort,
    reload: (changed) => tunnels.reload(changed),
    close: async () => {
      // Health is told until the end.
      await tunnels.close(config.shutdownMs);
      await presence?.close();
      await traffic.close();
      await parts.tokens.close();
      await admin.close();
    },
  };
}

interface OpenParts extends GatewayParts {
  readonly tokens: OpenTokenSource;
}

/** Everything but the admin port. */
async function openParts(config: GatewayConfig, log: Log): Promise<OpenParts> {
  const clock = new SystemClock();
  const tokens = await openTokenSource(config, log, clock);
  const { source } = tokens;
  await source.start();
  const bytes = new TenantBytes();
  const logins = new LoginMetrics();
  const { reportUrl, reportKey } = config.traffic;
  const traffic = await GatewayTraffic.open(
    {
      folder: join(config.dataDir, 'gateway', 'traffic-outbox'),
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
  traffic.start();
  const metered = new MeteredTraffic(traffic, clock);
  const tunnels = new TunnelServer({ config, source, traffic: metered, log }, (result, tookMs) => {
    logins.record(result, tookMs);
  });
  return { config, log, clock, source, traffic, tunnels, logins, bytes, tokens };
}

/** Has the gateway seen by the api, and hear what it says. */
function openPresence({ config, tokens, tunnels, log }: OpenParts): { close(): Promise<void> } | undefined {
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

async function openAdmin(parts: GatewayParts): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { config, log, clock } = parts;
  const adapter = new FastifyAdapter({
    // What Fastify refuses before any route of ours is asked, such as a path that can't be decoded.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const code = error.statusCode ?? 400;
      void reply.status(code).send({ error: 'bad request', code, timestamp: clock.now().toISOString() });
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.forRoot(parts), adapter, {
    logger: new NestLogger(log),
    abortOnError: false,
  });
  await app.listen({ ...config.admin });
  const server = app.getHttpServer();
  return {
    url: urlOf(server.address() as AddressInfo),
    close: async () => {
      const cut = setTimeout(() => {
        server.closeAllConnections();
      }, CLOSE_DEADLINE_MS);
      await app.close();
      clearTimeout(cut);
    },
  };
}

/** Listening on every address includes loopback, which is what a reader of the log can open. */
function urlOf({ address, port, family }: AddressInfo): string {
  const reachable = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
  return `http://${family === 'IPv6' && reachable.includes(':') ? `[${reachable}]` : reachable}:${String(port)}`;
}

import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock } from '@tollgate/domain';
import { type Log, NestLogger } from '@tollgate/observability';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from './gateway.config';
import { GatewayModule } from './gateway.module';

/** How long running requests may take to end once the gateway is told to stop. */
const CLOSE_DEADLINE_MS = 8000;

/** A gateway that answers. */
export interface RunningGateway {
  /** Where its admin port answers, with the real port. */
  readonly url: string;
  /** Takes no more requests, lets those running end, and cuts what is left after 8 s. */
  close(): Promise<void>;
}

/**
 * Starts the gateway. So far it has an admin port only: it says that no frp listener is configured.
 * @throws when the admin port can't be opened
 */
export async function startGateway(config: GatewayConfig, log: Log): Promise<RunningGateway> {
  const adapter = new FastifyAdapter({
    // What Fastify refuses before any route of ours is asked, such as a path that can't be decoded.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const code = error.statusCode ?? 400;
      void reply.status(code).send({ error: 'bad request', code, timestamp: app.get(Clock).now().toISOString() });
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.forRoot(config, log), adapter, {
    logger: new NestLogger(log),
    abortOnError: false,
  });
  await app.listen({ host: config.adminHost, port: config.adminPort });
  const server = app.getHttpServer();
  const url = urlOf(server.address() as AddressInfo);
  log.info({ url }, 'gateway listening');
  log.warn({ bind_port: config.bindPort }, 'no frp listener is configured: the gateway takes no tunnel clients');
  return {
    url,
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

import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestLogger } from '@tollgate/observability';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { ListenAddress } from './config/gateway-config';
import { type AdminParts, GatewayModule } from './gateway.module';

/** How long running requests of the admin port may take to end once the gateway is told to stop. */
const CLOSE_DEADLINE_MS = 1_000;

/** Where health and figures are told. */
export interface AdminPort {
  /** With the real port. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws the system's error */
export async function openAdminPort(address: ListenAddress, parts: AdminParts): Promise<AdminPort> {
  const { log, clock } = parts;
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
  await app.listen({ ...address });
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

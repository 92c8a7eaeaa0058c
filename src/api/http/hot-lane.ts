import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import type { ApiSettings } from '../settings/api.settings';
import { acceptContentType, useRawBodies } from './body-parser';
import type { ErrorFilter } from './error.filter';
import { fastifyOptions } from './fastify-adapter';
import { guardRequest } from './request-hooks';

declare module 'node:http' {
  interface IncomingMessage {
    /** When the request's head had been read, by `performance.now()`. */
    startedMs?: number;
  }
}

/** What a hot route has to be: asked by POST, at a path without parameters. */
const HOT_METHOD = 'POST';

/**
 * A Fastify of its own for routes that are asked before every request of every service. It has the limits, the guards and
 * the error answers of the other one, hands bodies over as bytes, but none of the eight hooks that Nest's adapter puts around each
 * request: together these cost as much as a validation. Requests that spell a path in an unusual way take the other one,
 * so hot routes stand on both.
 */
export function createHotLane(settings: ApiSettings, errors: ErrorFilter): FastifyInstance {
  const lane = fastify(fastifyOptions(settings));
  useRawBodies(lane);
  lane.addHook('onRequest', (request, reply, done) => {
    acceptContentType(request);
    done(guardRequest(request, reply));
  });
  lane.setErrorHandler((error, request, reply) => {
    errors.answer(error, request, reply);
  });
  return lane;
}

/**
 * Leads requests for `paths` to the hot lane, all others to where they went before.
 * @param server that listens
 */
export async function openHotLane(server: Server, lane: FastifyInstance, paths: readonly string[]): Promise<void> {
  await lane.ready();
  const hotPaths = new Set(paths);
  const others = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    request.startedMs = performance.now();
    // The lane itself never closes: without this, a busy client would keep its connection until the deadline of the stop.
    if (!server.listening) response.shouldKeepAlive = false;
    if (request.method === HOT_METHOD && hotPaths.has(request.url ?? '')) {
      lane.routing(request, response);
      return;
    }
    for (const handle of others) handle.call(server, request, response);
  });
}

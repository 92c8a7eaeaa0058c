import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { BodyDeadline } from './body-deadline';
import { useInvitations } from './invitation';

/** What a hot route has to be: asked by POST, at a path without parameters. */
const HOT_METHOD = 'POST';

export type HandleRequest = (request: IncomingMessage, response: ServerResponse) => void;

export interface RouterOptions {
  readonly lane: FastifyInstance;
  /** Paths that the lane serves. */
  readonly hotPaths: readonly string[];
  readonly deadline: BodyDeadline;
  /** Beginnings of paths whose routes ask for a body themselves; see `useInvitations`. */
  readonly invitingPaths: readonly string[];
}

/**
 * Leads requests for hot paths to the hot lane, all others to where they went before.
 * @param server that listens
 * @returns what handles the requests of any server that {@link attachServer} is called for
 */
export function routeRequests(server: Server, { lane, hotPaths }: RouterOptions): HandleRequest {
  const hot = new Set(hotPaths);
  const others = server.listeners('request') as HandleRequest[];
  server.removeAllListeners('request');
  return (request, response) => {
    // The lane itself never closes: without this, a busy client would keep its connection until the deadline of the stop.
    if (!server.listening) response.shouldKeepAlive = false;
    if (request.method === HOT_METHOD && hot.has(request.url ?? '')) {
      lane.routing(request, response);
      return;
    }
    for (const handle of others) handle.call(server, request, response);
  };
}

/** Has the requests of a server handled, notes when each began, and looks after its connections. */
export function attachServer(server: Server, handle: HandleRequest, options: RouterOptions): void {
  const { deadline, invitingPaths } = options;
  // Node remembers an address that was asked for: whoever hangs up early is still known to the audit trail.
  server.on('connection', (socket: Socket) => socket.remoteAddress);
  const begin: HandleRequest = (request, response) => {
    request.startedMs = performance.now();
    request.socket.lastResponse = response;
    handle(request, response);
  };
  server.on('request', begin);
  useInvitations(server, (url) => invitingPaths.some((path) => url.startsWith(path)), begin);
  deadline.guard(server);
}

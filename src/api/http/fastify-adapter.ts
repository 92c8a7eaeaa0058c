import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SystemClock } from '@tollgate/domain';
import type { FastifyError, FastifyHttpOptions, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiSettings } from '../settings/api.settings';
import { errorBody } from './error-body';

/** Longest id in a path that is looked at at all. */
const MAX_PARAM_LENGTH = 256;

/** How late a sender that outstays its deadline may be noticed. */
const DEADLINE_CHECK_MS = 1_000;

/** Nest on Fastify with our limits. */
export function createFastifyAdapter(settings: ApiSettings): FastifyAdapter {
  return new FastifyAdapter(fastifyOptions(settings));
}

/** Our limits: sizes, deadlines, whose forwarding headers count, and the error body even for broken HTTP. */
export function fastifyOptions(settings: ApiSettings): FastifyHttpOptions<Server> {
  const clock = new SystemClock();
  const boot = randomBytes(4).toString('hex');
  let requests = 0;
  return {
    logger: false,
    trustProxy: settings.TRUST_PROXY.entries.length > 0 ? [...settings.TRUST_PROXY.entries] : false,
    bodyLimit: settings.MAX_BODY_BYTES,
    requestTimeout: settings.REQUEST_TIMEOUT,
    // Idle keep-alive connections end at once when the server closes; busy ones finish their request.
    forceCloseConnections: 'idle',
    // What still comes in on those is served: Fastify's own refusal would not be in our form.
    return503OnClosing: false,
    genReqId: () => `${boot}-${(requests += 1).toString(36)}`,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    http: {
      requireHostHeader: false,
      // Node swaps the two deadlines where the one for headers is the longer, and by default it is a minute.
      headersTimeout: settings.REQUEST_TIMEOUT,
      // Node looks every 30 seconds otherwise, and lets a slow sender outstay its deadline by as much.
      connectionsCheckingInterval: DEADLINE_CHECK_MS,
    },
    frameworkErrors(error: FastifyError, _request: FastifyRequest, reply: FastifyReply) {
      const [status, text] = describeTarget(error);
      void reply.code(status).send(errorBody(clock, status, text));
    },
    clientErrorHandler(error: Error & { code?: string }, socket: Socket) {
      if (error.code === 'ECONNRESET' || socket.destroyed) return;
      const [status, reason, text] = describe(error.code);
      const body = JSON.stringify(errorBody(clock, status, text));
      if (socket.writable) {
        socket.write(
          `HTTP/1.1 ${String(status)} ${reason}\r\nContent-Type: application/json; charset=utf-8\r\n` +
            `Content-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
        );
      }
      socket.destroy(error);
    },
  };
}

/** What is wrong with a request line that no route was looked up for. */
function describeTarget({ statusCode }: FastifyError): readonly [number, string] {
  return statusCode === 414 ? [414, 'request target too long'] : [400, 'malformed request target'];
}

function describe(code: string | undefined): readonly [number, string, string] {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'Request Timeout', 'request timed out'];
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'Request Header Fields Too Large', 'request headers too large'];
    default:
      return [400, 'Bad Request', 'malformed HTTP request'];
  }
}

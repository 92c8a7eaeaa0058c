import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SystemClock } from '@tollgate/domain';
import type { ApiSettings } from '../settings/api.settings';
import { errorBody } from './error-body';

/** Longest id in a path that is looked at at all. */
const MAX_PARAM_LENGTH = 256;

/** Fastify with our limits: sizes, deadlines, whose forwarding headers count, and the error body even for broken HTTP. */
export function createFastifyAdapter(settings: ApiSettings): FastifyAdapter {
  const clock = new SystemClock();
  const boot = randomBytes(4).toString('hex');
  let requests = 0;
  return new FastifyAdapter({
    logger: false,
    trustProxy: settings.TRUST_PROXY.entries.length > 0 ? [...settings.TRUST_PROXY.entries] : false,
    bodyLimit: settings.MAX_BODY_BYTES,
    requestTimeout: settings.REQUEST_TIMEOUT,
    // Idle keep-alive connections end at once when the server closes; busy ones finish their request.
    forceCloseConnections: 'idle',
    genReqId: () => `${boot}-${(requests += 1).toString(36)}`,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
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
  });
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

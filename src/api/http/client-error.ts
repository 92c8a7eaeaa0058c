import type { Socket } from 'node:net';
import { SystemClock } from '@tollgate/domain';
import { errorBody } from './error-body';

const clock = new SystemClock();

/** The code of Node's own error for a request that does not end in time. */
export const REQUEST_TIMEOUT_CODE = 'ERR_HTTP_REQUEST_TIMEOUT';

/** Answers what is no HTTP request, or did not become one in time, in our form, and ends the connection. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
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
}

function describe(code: string | undefined): readonly [number, string, string] {
  switch (code) {
    case REQUEST_TIMEOUT_CODE:
      return [408, 'Request Timeout', 'request timed out'];
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'Request Header Fields Too Large', 'request headers too large'];
    default:
      return [400, 'Bad Request', 'malformed HTTP request'];
  }
}

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { SystemClock } from '@tollgate/domain';
import { errorBody } from './error-body';
import { isUploadTarget, uploadCodeOfStatus, uploadErrorBody } from './upload-error-body';

const clock = new SystemClock();

/** The code of Node's own error for a request that does not end in time. */
export const REQUEST_TIMEOUT_CODE = 'ERR_HTTP_REQUEST_TIMEOUT';

/**
 * Answers what is no HTTP request, or did not become one in time, and ends the connection. In the form of uploads where the
 * request is known to be one of theirs; of a request whose head was not understood nobody knows, and it is in the house's.
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const response = unfinishedResponse(socket);
  if (response?.headersSent === true) {
    // It has its answer; what followed would be taken for the next one.
    socket.destroy(error);
    return;
  }
  const [status, reason, text] = describe(error.code);
  const body = JSON.stringify(bodyFor(response?.req, status, text));
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${String(status)} ${reason}\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroy(error);
}

/** The answer to the request whose body was being read; of a later request nothing is known. */
function unfinishedResponse({ lastResponse }: Socket): Socket['lastResponse'] {
  return lastResponse?.req.complete === false ? lastResponse : undefined;
}

function bodyFor(request: IncomingMessage | undefined, status: number, text: string): object {
  return isUploadTarget(request?.url)
    ? uploadErrorBody(uploadCodeOfStatus(status), text)
    : errorBody(clock, status, text);
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

import { type Server, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { SystemClock } from '@tollgate/domain';
import { DEADLINE_CHECK_MS } from './body-deadline';
import { answerClientError } from './client-error';
import { errorBody } from './error-body';
import { type HandleRequest, type RouterOptions, attachServer } from './request-router';

/** What is served at UPLOAD_PORT: uploads and the administrator's page, and nothing else of the api. */
const UPLOAD_PATHS = /^\/(?:api\/video\/|admin\.html(?:\?|$)|admin\/)/;

/**
 * A second server, at a port that can be opened to the world while the api's stays closed, for the same routes.
 * @param main the api's own, whose deadlines it shares
 * @param handle what handles the requests of that one
 */
export function createUploadServer(main: Server, handle: HandleRequest, options: RouterOptions): Server {
  const clock = new SystemClock();
  const server = createServer({ requireHostHeader: false, connectionsCheckingInterval: DEADLINE_CHECK_MS });
  server.headersTimeout = main.headersTimeout;
  server.requestTimeout = main.requestTimeout;
  server.keepAliveTimeout = main.keepAliveTimeout;
  server.on('clientError', (error: Error, socket: Socket) => {
    answerClientError(error, socket);
  });
  const handleUpload: HandleRequest = (request, response) => {
    if (UPLOAD_PATHS.test(request.url ?? '')) {
      handle(request, response);
      return;
    }
    response.writeHead(404, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
    response.end(JSON.stringify(errorBody(clock, 404, 'not found')));
  };
  attachServer(server, handleUpload, options);
  return server;
}

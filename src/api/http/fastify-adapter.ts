import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SystemClock } from '@tollgate/domain';
import type { FastifyError, FastifyHttpOptions, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiSettings } from '../settings/api.settings';
import { DEADLINE_CHECK_MS } from './body-deadline';
import { answerClientError } from './client-error';
import { errorBody } from './error-body';
import { isUploadRequest, uploadCodeOfStatus, uploadErrorBody } from './upload-error-body';

/** Longest id in a path that is looked at at all. */
const MAX_PARAM_LENGTH = 256;

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
    // Bodies have a deadline of ours: see BodyDeadline.
    requestTimeout: 0,
    // Idle keep-alive connections end at once when the server closes; busy ones finish their request.
    forceCloseConnections: 'idle',
    // What still comes in on those is served: Fastify's own refusal would not be in our form.
    return503OnClosing: false,
    genReqId: () => `${boot}-${(requests += 1).toString(36)}`,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    http: {
      requireHostHeader: false,
      headersTimeout: settings.REQUEST_TIMEOUT,
      // Node looks every 30 seconds otherwise, and lets a slow sender outstay its deadline by as much.
      connectionsCheckingInterval: DEADLINE_CHECK_MS,
    },
    frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
      const [status, text] = describeTarget(error);
      const body = isUploadRequest(request)
        ? uploadErrorBody(uploadCodeOfStatus(status), text)
        : errorBody(clock, status, text);
      void reply.code(status).send(body);
    },
    clientErrorHandler: answerClientError,
  };
}

/** What is wrong with a request line that no route was looked up for. */
function describeTarget({ statusCode }: FastifyError): readonly [number, string] {
  return statusCode === 414 ? [414, 'request target too long'] : [400, 'malformed request target'];
}

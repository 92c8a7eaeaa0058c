import { isUtf8 } from 'node:buffer';
import type { AuthenticatedRequest } from '@tollgate/auth';
import { TollgateError } from '@tollgate/domain';
import type { FastifyInstance } from 'fastify';

/**
 * Reads every body as JSON whatever its Content-Type (existing clients send forms' types), keeps its exact bytes for
 * the signature, and takes an empty body as none.
 */
export function useJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    (request as AuthenticatedRequest).rawBody = body;
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    if (!isUtf8(body)) {
      done(new TollgateError('invalid_request', 'request body is not valid UTF-8'));
      return;
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(body.toString('utf8'));
    } catch {
      done(new TollgateError('invalid_request', 'request body is not valid JSON'));
      return;
    }
    done(null, parsed);
  });
}

import { isUtf8 } from 'node:buffer';
import type { AuthenticatedRequest } from '@tollgate/auth';
import { TollgateError } from '@tollgate/domain';
import type { FastifyInstance } from 'fastify';

/** `type/subtype`, with or without parameters (RFC 9110, section 8.3.1). */
const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;
const JSON_TYPE = 'application/json';

/**
 * Reads every body as JSON whatever its Content-Type (existing clients send forms' types), keeps its exact bytes for
 * the signature, and takes an empty body as none.
 */
export function useJsonBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const type = request.headers['content-type'];
    // Fastify answers 415 to a type that is none, before it asks any parser.
    if (type !== undefined && type !== JSON_TYPE && !MEDIA_TYPE.test(type)) request.headers['content-type'] = JSON_TYPE;
    done();
  });
  fastify.removeAllContentTypeParsers();
  // The plain type by name as well: Fastify finds it without taking it apart.
  fastify.addContentTypeParser([JSON_TYPE, '*'], { parseAs: 'buffer' }, (request, body: Buffer, done) => {
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

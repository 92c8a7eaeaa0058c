import { isUtf8 } from 'node:buffer';
import type { AuthenticatedRequest } from '@tollgate/auth';
import { TollgateError } from '@tollgate/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** `type/subtype`, with or without parameters (RFC 9110, section 8.3.1). */
const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;
const JSON_TYPE = 'application/json';

/**
 * Reads every body as JSON whatever its Content-Type (existing clients send forms' types), keeps its exact bytes for
 * the signature, and takes an empty body as none.
 */
export function useJsonBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    acceptContentType(request);
    done();
  });
  useBodies(fastify, parseJsonBody);
}

/**
 * Keeps the exact bytes of every body, for routes that read them themselves with {@link parseJsonBody}. Leaves out the hook
 * that calls {@link acceptContentType}: whoever hands requests over has to.
 */
export function useRawBodies(fastify: FastifyInstance): void {
  useBodies(fastify, () => undefined);
}

/** Fastify answers 415 to a Content-Type that is none, before it asks any parser. */
export function acceptContentType({ headers }: FastifyRequest): void {
  const type = headers['content-type'];
  if (type !== undefined && type !== JSON_TYPE && !MEDIA_TYPE.test(type)) headers['content-type'] = JSON_TYPE;
}

/**
 * @returns `undefined` for an empty body
 * @throws TollgateError `invalid_request`
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw new TollgateError('invalid_request', 'request body is not valid UTF-8');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new TollgateError('invalid_request', 'request body is not valid JSON');
  }
}

function useBodies(fastify: FastifyInstance, parse: (body: Buffer) => unknown): void {
  fastify.removeAllContentTypeParsers();
  // The plain type by name as well: Fastify finds it without taking it apart.
  fastify.addContentTypeParser([JSON_TYPE, '*'], { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    (request as AuthenticatedRequest).rawBody = body;
    try {
      done(null, parse(body));
    } catch (error) {
      done(error as Error);
    }
  });
}

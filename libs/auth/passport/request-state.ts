import type { FastifyRequest } from 'fastify';
import type { Principal } from '../principal';

/** What authentication reads from a request and leaves on it. */
export interface AuthenticatedRequest extends FastifyRequest {
  /** The body's exact bytes; absent when there was none. */
  rawBody?: Buffer;
  principal?: Principal;
  /** The single-use signature that this request spent. */
  replayKey?: Buffer;
  /** Set by the guard for routes on which the path alone may be signed. */
  allowUnsignedQuery?: boolean;
}

/** A header's value; `undefined` when absent or sent more than once under different values. */
export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

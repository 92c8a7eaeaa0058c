import type { IncomingMessage } from 'node:http';
import type { AuthenticatedRequest } from '@tollgate/auth';
import { type ReplayRepository, TollgateError } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Headers that decide who somebody is: two of them in one request could be read differently by two readers. */
const SINGLE_HEADERS = ['authorization', 'x-qiniu-date'];
const SINGLE_HEADER_LENGTHS = new Set(SINGLE_HEADERS.map((name) => name.length));

/** Refuses ambiguous requests, and marks every answer as not to be stored. */
export function useRequestGuards(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    done(guardRequest(request, reply));
  });
}

/** What {@link useRequestGuards} does with each request; returns why it is refused. */
export function guardRequest({ raw }: FastifyRequest, reply: FastifyReply): TollgateError | undefined {
  void reply.header('cache-control', 'no-store');
  const problem = problemOf(raw);
  return problem === undefined ? undefined : new TollgateError('invalid_request', problem);
}

function problemOf({ headers, httpVersion, rawHeaders }: IncomingMessage): string | undefined {
  // RFC 9112, section 3.2. Asked here, because Node's own refusal has no body.
  if (headers.host === undefined && httpVersion === '1.1') return 'missing Host header';
  const duplicate = findDuplicate(rawHeaders);
  return duplicate === undefined ? undefined : `duplicate ${duplicate} header`;
}

/**
 * Gives a single-use signature back when its request was answered by 429 or 5xx: nothing happened, so the client's
 * honest repeat must not look like a replay.
 */
export function useReplayRelease(fastify: FastifyInstance, replays: ReplayRepository, log: Log): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const { replayKey } = request as AuthenticatedRequest;
    if (replayKey === undefined || (reply.statusCode !== 429 && reply.statusCode < 500)) {
      done(null, payload);
      return;
    }
    replays
      .release(replayKey)
      .catch((error: unknown) => {
        log.warn({ err: error }, 'a signature could not be released');
      })
      .finally(() => {
        done(null, payload);
      });
  });
}

function findDuplicate(rawHeaders: readonly string[]): string | undefined {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!SINGLE_HEADER_LENGTHS.has(name.length)) continue;
    const at = SINGLE_HEADERS.indexOf(name.toLowerCase());
    if (at < 0) continue;
    const bit = 1 << at;
    if ((seen & bit) !== 0) return SINGLE_HEADERS[at] === 'authorization' ? 'Authorization' : 'X-Qiniu-Date';
    seen |= bit;
  }
  return undefined;
}

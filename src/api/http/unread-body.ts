import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { postponeBodyDeadline } from './body-deadline';
import './invitation';

/** What is done about the rest of a body that is refused before its end; `docs/limits.md` lists it. */
export const UNREAD_BODY = {
  /** Up to so many bytes the rest is read, and the connection stays. */
  drainBytes: 262_144,
  /** How long the client may take to send them where the body has no deadline any more, in milliseconds. */
  drainMs: 2_000,
  /** How long a connection that does not stay is open after its answer, for the client to read it, in milliseconds. */
  lingerMs: 2_000,
  /** Of what comes in meanwhile, so much is read. */
  lingerBytes: 1_048_576,
} as const;

/**
 * Keeps a connection usable, or ends it so that the answer arrives, when an answer is given before the body was read to its
 * end: to close a socket with unread bytes resets it, and a reset may take the answer with it.
 * @param readBytes how much of a body has been read; absent: nothing
 */
export function useUnreadBodies(fastify: FastifyInstance, readBytes: (request: IncomingMessage) => number): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const { raw } = request;
    if (raw.complete || !hasBody(raw)) {
      raw.resume();
      done(null, payload);
      return;
    }
    const isInvited = raw.awaitsInvitation !== true;
    if (raw.bodyDueMs !== undefined) postponeBodyDeadline(raw, UNREAD_BODY.drainMs);
    if (isInvited && leftOf(raw, readBytes(raw)) <= UNREAD_BODY.drainBytes) {
      raw.resume();
      done(null, payload);
      return;
    }
    if (typeof payload === 'string' && payload !== '' && raw.method !== 'HEAD') {
      void reply.header('connection', 'close').header('content-length', String(Buffer.byteLength(payload)));
      done(null, lingering(payload, raw));
      return;
    }
    // There is nothing to hold the answer open with: it ends, and the connection is cut when the body's time is up.
    postponeBodyDeadline(raw, UNREAD_BODY.lingerMs);
    if (!isInvited) void reply.header('connection', 'close');
    readSome(raw);
    done(null, payload);
  });
}

/** The answer at once, its end when the client has had time to read it. */
function lingering(payload: string, raw: IncomingMessage): Readable {
  const answer = new Readable({ read: () => undefined });
  answer.push(payload);
  const end = (): void => {
    clearTimeout(timer);
    if (!answer.destroyed && !answer.readableEnded) answer.push(null);
  };
  const timer = setTimeout(end, UNREAD_BODY.lingerMs);
  raw.once('end', end).once('close', end);
  readSome(raw);
  return answer;
}

/** Throws away what comes in, as long as it is not too much. */
function readSome(raw: IncomingMessage): void {
  let readBytes = 0;
  raw.on('data', (chunk: Buffer) => {
    readBytes += chunk.length;
    // The client still has its time, but no more of ours.
    if (readBytes > UNREAD_BODY.lingerBytes) raw.pause();
  });
  raw.resume();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Bytes that are still to come; of a body in chunks nobody knows. */
function leftOf({ headers }: IncomingMessage, readBytes: number): number {
  const length = headers['content-length'];
  return length === undefined ? Number.POSITIVE_INFINITY : Number(length) - readBytes;
}

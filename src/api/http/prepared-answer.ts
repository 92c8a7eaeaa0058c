import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

const SECOND_MS = 1_000;

let dateUntilMs = 0;
let dateLine = '';

/** What Node keeps of a header block that is done; `end()` sends it together with the body. */
interface HeaderBlock {
  _header: string | null;
}

/**
 * Whether {@link sendPrepared} may be used: HTTP/1.1 on a connection that stays open, with a body in the answer. Whatever
 * else there is takes Fastify's way.
 */
export function canSendPrepared({ raw }: FastifyRequest, reply: FastifyReply): boolean {
  return (
    raw.httpVersionMinor === 1 && raw.httpVersionMajor === 1 && reply.raw.shouldKeepAlive && !reply.raw.headersSent
  );
}

/**
 * Answers 200 with JSON by one write of a text that is put together here. Fastify's reply and Node's header lists cost as
 * much as a whole validation, and nine limits mean eleven headers. Hooks that look at answers (onSend) are passed by.
 * @param lines further header lines, each with its line end
 * @param body JSON text
 * @param keepAliveSeconds how long the server leaves the connection open
 */
export function sendPrepared(reply: FastifyReply, lines: string, body: string, nowMs: number): FastifyReply {
  reply.hijack();
  const { raw } = reply;
  raw.statusCode = 200;
  (raw as unknown as HeaderBlock)._header =
    `HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-type: application/json; charset=utf-8\r\n${lines}` +
    `${dateHeader(nowMs)}Connection: keep-alive\r\n${keepAlive(raw)}content-length: ${String(Buffer.byteLength(body))}\r\n\r\n`;
  raw.end(body);
  return reply;
}

/** RFC 9110, section 6.6.1; made once a second. */
function dateHeader(nowMs: number): string {
  if (nowMs >= dateUntilMs || nowMs < dateUntilMs - SECOND_MS) {
    dateUntilMs = (Math.floor(nowMs / SECOND_MS) + 1) * SECOND_MS;
    dateLine = `Date: ${new Date(nowMs).toUTCString()}\r\n`;
  }
  return dateLine;
}

function keepAlive(response: ServerResponse): string {
  const { _keepAliveTimeout: timeoutMs } = response as unknown as { _keepAliveTimeout?: number };
  return timeoutMs === undefined || timeoutMs < SECOND_MS
    ? ''
    : `Keep-Alive: timeout=${String(Math.floor(timeoutMs / SECOND_MS))}\r\n`;
}

import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

const SECOND_MS = 1_000;

let dateUntilMs = 0;
let dateLine = '';

/** What Node keeps of a header block that was sent. */
interface SentHeader {
  _header: string;
  _headerSent: boolean;
}

/**
 * Whether {@link sendPrepared} may be used: HTTP/1.1, on a connection that stays open and whose turn it is (of pipelined
 * requests, the first one). Whatever else there is takes Fastify's way.
 */
export function canSendPrepared({ raw }: FastifyRequest, reply: FastifyReply): boolean {
  const { raw: response } = reply;
  return (
    raw.httpVersionMinor === 1 &&
    raw.httpVersionMajor === 1 &&
    response.shouldKeepAlive &&
    !response.headersSent &&
    response.socket?.writable === true
  );
}

/**
 * Answers 200 with JSON by one write of one text. Fastify's reply, Node's header lists and its two-part write cost as much as a
 * whole validation, and nine limits mean eleven headers. Hooks that look at answers (onSend) are passed by.
 * @param lines further header lines, each with its line end
 * @param body JSON text
 */
export function sendPrepared(reply: FastifyReply, lines: string, body: string, nowMs: number): FastifyReply {
  reply.hijack();
  const { raw } = reply;
  const length = Buffer.byteLength(body);
  const header =
    `HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-type: application/json; charset=utf-8\r\n${lines}` +
    `${dateHeader(nowMs)}Connection: keep-alive\r\n${keepAlive(raw)}content-length: ${String(length)}\r\n\r\n`;
  raw.statusCode = 200;
  const sent = raw as unknown as SentHeader;
  sent._header = header;
  sent._headerSent = true;
  // Of ASCII both encodings are the same bytes; Latin-1 needs no look at each character.
  raw.socket?.write(header + body, length === body.length ? 'latin1' : 'utf8');
  raw.end();
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

import type { HeaderField } from './header-block';
import type { HeaderEdits } from './header-edits';
import type { RequestHead } from './request-head';
import type { ResponseHead } from './response-head';

/** What is between two neighbours only, and what we write ourselves (RFC 9110, section 7.6.1; Go's ReverseProxy). */
const HOP_BY_HOP =
  'connection keep-alive proxy-authenticate proxy-authorization proxy-connection te transfer-encoding upgrade';
const DROPPED_FROM_REQUESTS = new Set(
  `${HOP_BY_HOP} content-length expect forwarded host http2-settings x-forwarded-for x-forwarded-host x-forwarded-proto`.split(
    ' ',
  ),
);
const DROPPED_FROM_RESPONSES = new Set(HOP_BY_HOP.split(' '));

/** How a request is changed on its way to the service. */
export interface RequestEdits {
  /** In place of the request's host. */
  readonly rewriteHost: string | undefined;
  readonly headers: HeaderEdits;
}

/**
 * The request as the service gets it (frp `pkg/util/vhost/http.go`).
 * @param address the user's
 */
export function requestHeadText(head: RequestHead, edits: RequestEdits, address: string): string {
  const { fields, framing, upgrade } = head;
  const { headers } = edits;
  const host = edits.rewriteHost ?? head.host;
  // Proxies are asked for URLs, and what is behind this one may be a proxy.
  const target = head.form === 'absolute' ? `http://${host}${head.path}` : head.path;
  let text = `${head.method} ${target} HTTP/1.1\r\nHost: ${host}\r\n`;
  text += keptLines(head, fields, DROPPED_FROM_REQUESTS, headers);
  if (!headers.names.has('x-forwarded-for')) text += `X-Forwarded-For: ${forwardedFor(fields, address)}\r\n`;
  if (!headers.names.has('x-forwarded-host')) text += `X-Forwarded-Host: ${head.host}\r\n`;
  if (!headers.names.has('x-forwarded-proto')) text += 'X-Forwarded-Proto: http\r\n';
  if (framing.kind === 'length') text += `Content-Length: ${String(framing.bytes)}\r\n`;
  else if (framing.kind === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  if (head.expectsContinue) text += 'Expect: 100-continue\r\n';
  if (takesTrailers(fields)) text += 'TE: trailers\r\n';
  if (upgrade !== undefined) text += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  return `${text}${headers.lines}\r\n`;
}

/** What is said to the user about its connection, and about the framing of the body. */
export interface AnswerConnection {
  readonly isChunked: boolean;
  /** `close`, `keep-alive` to HTTP/1.0, `Upgrade`, or nothing. */
  readonly connection: 'close' | 'keep-alive' | 'Upgrade' | undefined;
}

/** The response as the user gets it. */
export function responseHeadText(
  head: ResponseHead,
  edits: HeaderEdits,
  { isChunked, connection }: AnswerConnection,
): string {
  let text = `HTTP/1.1 ${String(head.status)} ${head.reason}\r\n`;
  text += keptLines(head, keptOfResponse(head), DROPPED_FROM_RESPONSES, edits);
  text += edits.lines;
  if (isChunked) text += 'Transfer-Encoding: chunked\r\n';
  if (connection !== undefined) text += `Connection: ${connection}\r\n`;
  if (connection === 'Upgrade') text += `Upgrade: ${head.upgrade ?? ''}\r\n`;
  return `${text}\r\n`;
}

/** The fields of a response that are the user's to know. */
export function responseFields(head: ResponseHead, edits: HeaderEdits): (readonly [name: string, value: string])[] {
  const kept = keptOfResponse(head).filter(({ name }) => !isDropped(name, head, DROPPED_FROM_RESPONSES, edits));
  return [...kept.map(({ name, value }) => [name, value] as const), ...edits.fields];
}

function keptOfResponse({ fields, status }: ResponseHead): readonly HeaderField[] {
  // A length where there can be no body (RFC 9110, section 8.6); and one that is said twice is said once.
  const hasNoLength = status < 200 || status === 204;
  let lengths = 0;
  for (const { name } of fields) if (name === 'content-length') lengths += 1;
  if (lengths === 0 || (lengths === 1 && !hasNoLength)) return fields;
  let hadLength = hasNoLength;
  return fields.filter(({ name }) => {
    if (name !== 'content-length') return true;
    const isFirst = !hadLength;
    hadLength = true;
    return isFirst;
  });
}

function isDropped(
  name: string,
  { connectionTokens }: RequestHead | ResponseHead,
  dropped: ReadonlySet<string>,
  edits: HeaderEdits,
): boolean {
  // A length frames the body whatever Connection says about it.
  if (dropped.has(name) || edits.names.has(name)) return true;
  return connectionTokens.has(name) && name !== 'content-length';
}

/** Lines as they came, whole runs of them at a time. */
function keptLines(
  head: RequestHead | ResponseHead,
  fields: readonly HeaderField[],
  dropped: ReadonlySet<string>,
  edits: HeaderEdits,
): string {
  const { text } = head;
  let kept = '';
  let start = -1;
  let end = -1;
  for (const field of fields) {
    if (isDropped(field.name, head, dropped, edits)) continue;
    if (field.start !== end) {
      if (start !== -1) kept += text.slice(start, end);
      start = field.start;
    }
    end = field.end;
  }
  return start === -1 ? kept : kept + text.slice(start, end);
}

function forwardedFor(fields: readonly HeaderField[], address: string): string {
  let chain = '';
  for (const { name, value } of fields) if (name === 'x-forwarded-for') chain += `${value}, `;
  return chain + address;
}

function takesTrailers(fields: readonly HeaderField[]): boolean {
  return fields.some(({ name, value }) => name === 'te' && /(?:^|,)\s*trailers\s*(?:,|$)/i.test(value));
}

import { type BodyFraming, CHUNKED, NO_BODY, UNTIL_CLOSE, framingOf } from './framing';
import { type HeaderField, addTokens, parseFields } from './header-block';
import { HttpError } from './http-error';

/** A response, without its body. */
export interface ResponseHead {
  /** As it came, up to the last field's line break. */
  readonly text: string;
  readonly fields: readonly HeaderField[];
  readonly status: number;
  readonly reason: string;
  readonly framing: BodyFraming;
  /** Whether the service's connection can be used again. */
  readonly keepAlive: boolean;
  readonly connectionTokens: ReadonlySet<string>;
  readonly upgrade: string | undefined;
}

const FIRST_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const NO_TOKENS: ReadonlySet<string> = new Set();

/**
 * Parses a response head (RFC 9112, sections 4 and 6).
 * @param bytes begin with it
 * @param end behind its empty line
 * @param method that of the request
 * @throws HttpError
 */
export function parseResponseHead(bytes: Buffer, end: number, method: string): ResponseHead {
  const text = bytes.toString('latin1', 0, end - 2);
  const lineEnd = text.indexOf('\r\n');
  const line = FIRST_LINE.exec(text.slice(0, lineEnd));
  if (line === null) throw new HttpError('bad_first_line');
  const isHttp10 = line[1] === '0';
  const status = Number(line[2]);
  const fields = parseFields(bytes, text, lineEnd + 2, text.length);
  let tokens: Set<string> | undefined;
  let upgrade: string | undefined;
  for (const { name, value } of fields) {
    if (name === 'connection') addTokens(value, (tokens ??= new Set()));
    else if (name === 'upgrade') upgrade = value;
  }
  const framing = bodyOf(fields, isHttp10, status, method);
  const staysOpen = isHttp10 ? tokens?.has('keep-alive') === true : tokens?.has('close') !== true;
  return {
    text,
    fields,
    status,
    reason: line[3] ?? '',
    framing,
    keepAlive: staysOpen && framing.kind !== 'close',
    connectionTokens: tokens ?? NO_TOKENS,
    upgrade,
  };
}

function bodyOf(fields: readonly HeaderField[], isHttp10: boolean, status: number, method: string): BodyFraming {
  const { length, isChunked } = framingOf(fields, isHttp10);
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return NO_BODY;
  if (isChunked) return CHUNKED;
  return length === undefined ? UNTIL_CLOSE : { kind: 'length', bytes: length };
}

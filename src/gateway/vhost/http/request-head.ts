import { type BodyFraming, CHUNKED, NO_BODY, framingOf } from './framing';
import { type HeaderField, addTokens, parseFields } from './header-block';
import { HttpError } from './http-error';

/** A request, without its body. */
export interface RequestHead {
  /** As it came, up to the last field's line break, and without the empty line. */
  readonly text: string;
  readonly fields: readonly HeaderField[];
  readonly method: string;
  /** `origin`: a path; `absolute`: a URL, as proxies are asked; `authority`: CONNECT; `asterisk`: `OPTIONS *`. */
  readonly form: 'origin' | 'absolute' | 'authority' | 'asterisk';
  /** Path and query as they came; empty for CONNECT. */
  readonly path: string;
  /** What routes look at: without query, escapes decoded. */
  readonly routePath: string;
  /** That of an absolute target or of CONNECT, otherwise that of the Host field; empty where HTTP/1.0 has none. */
  readonly host: string;
  readonly isHttp10: boolean;
  readonly framing: BodyFraming;
  /** Whether the user's connection stays open for another request. */
  readonly keepAlive: boolean;
  /** The protocol that is asked for; never h2c. */
  readonly upgrade: string | undefined;
  readonly expectsContinue: boolean;
  /** What Connection says: fields that are not passed on. */
  readonly connectionTokens: ReadonlySet<string>;
  readonly authorization: string | undefined;
  readonly proxyAuthorization: string | undefined;
}

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
const TARGET = /^[\x21\x22\x24-\x7e\x80-\xff]+$/;
const ABSOLUTE = /^https?:\/\/(?:[^/?@]*@)?([^/?@]+)(.*)$/i;
const HOST = /^[A-Za-z0-9\-._~!$&'()*+,;=%:[\]]*$/;
const UPGRADE = /^[\x21-\x7e]+$/;
const NO_TOKENS: ReadonlySet<string> = new Set();

/**
 * Parses a request head (RFC 9112, sections 3 and 6), and refuses what is not clear.
 * @param bytes begin with it
 * @param end behind its empty line
 * @throws HttpError
 */
export function parseRequestHead(bytes: Buffer, end: number): RequestHead {
  const text = bytes.toString('latin1', 0, end - 2);
  const lineEnd = text.indexOf('\r\n');
  const methodEnd = text.indexOf(' ');
  const targetEnd = lineEnd - 'HTTP/1.1'.length - 1;
  if (methodEnd === -1 || targetEnd <= methodEnd || text[targetEnd] !== ' ') throw new HttpError('bad_first_line');
  const isHttp10 = readVersion(text.slice(targetEnd + 1, lineEnd));
  const method = text.slice(0, methodEnd);
  const target = text.slice(methodEnd + 1, targetEnd);
  if (!METHOD.test(method) || !TARGET.test(target)) throw new HttpError('bad_first_line');
  const fields = parseFields(bytes, text, lineEnd + 2, text.length);
  return assemble(text, method, target, isHttp10, fields);
}

function readVersion(version: string): boolean {
  if (version === 'HTTP/1.1') return false;
  if (version === 'HTTP/1.0') return true;
  throw new HttpError(/^HTTP\/\d\.\d$/.test(version) ? 'unsupported_version' : 'bad_first_line');
}

function assemble(
  text: string,
  method: string,
  target: string,
  isHttp10: boolean,
  fields: readonly HeaderField[],
): RequestHead {
  const { host: hostField, tokens, upgrade, expectation, ...credentials } = pick(fields);
  if (hostField === undefined ? !isHttp10 : !HOST.test(hostField)) throw new HttpError('bad_host');
  const { length, isChunked } = framingOf(fields, isHttp10);
  const { form, path, authority } = readTarget(method, target);
  if (form === 'authority' && (isChunked || length !== undefined)) throw new HttpError('bad_framing');
  if (expectation !== undefined && expectation.toLowerCase() !== '100-continue') throw new HttpError('bad_expectation');
  return {
    text,
    fields,
    method,
    form,
    path,
    routePath: form === 'authority' ? '' : routePathOf(path),
    host: authority ?? hostField ?? '',
    isHttp10,
    framing: isChunked ? CHUNKED : length === undefined ? NO_BODY : { kind: 'length', bytes: length },
    keepAlive: isHttp10 ? tokens.has('keep-alive') && !tokens.has('close') : !tokens.has('close'),
    upgrade: !isHttp10 && upgrade !== undefined && tokens.has('upgrade') ? acceptableUpgrade(upgrade) : undefined,
    // HTTP/1.0 has no informational answers (RFC 9110, section 10.1.1).
    expectsContinue: expectation !== undefined && !isHttp10,
    connectionTokens: tokens,
    ...credentials,
  };
}

/** Looks at each field once. */
function pick(fields: readonly HeaderField[]): {
  host: string | undefined;
  tokens: ReadonlySet<string>;
  upgrade: string | undefined;
  expectation: string | undefined;
  authorization: string | undefined;
  proxyAuthorization: string | undefined;
} {
  let host: string | undefined;
  let tokens: Set<string> | undefined;
  let upgrade: string | undefined;
  let expectation: string | undefined;
  let authorization: string | undefined;
  let proxyAuthorization: string | undefined;
  for (const { name, value } of fields) {
    switch (name) {
      case 'host':
        if (host !== undefined) throw new HttpError('bad_host');
        host = value;
        break;
      case 'connection':
        addTokens(value, (tokens ??= new Set()));
        break;
      case 'upgrade':
        upgrade = upgrade === undefined ? value : `${upgrade}, ${value}`;
        break;
      case 'expect':
        expectation = value;
        break;
      case 'authorization':
        authorization ??= value;
        break;
      case 'proxy-authorization':
        proxyAuthorization ??= value;
        break;
    }
  }
  return { host, tokens: tokens ?? NO_TOKENS, upgrade, expectation, authorization, proxyAuthorization };
}

/**
 * To switch to HTTP/2 would open a way around all that is done to each request, so it is not asked for; a server that is not asked
 * answers in HTTP/1.1 (RFC 9113, section 3.1: the upgrade has gone).
 */
function acceptableUpgrade(upgrade: string): string | undefined {
  if (!UPGRADE.test(upgrade.replaceAll(' ', ''))) return undefined;
  return /\bh2c?\b/i.test(upgrade) ? undefined : upgrade;
}

function readTarget(
  method: string,
  target: string,
): { form: RequestHead['form']; path: string; authority: string | undefined } {
  if (method === 'CONNECT') {
    if (!HOST.test(target)) throw new HttpError('bad_first_line');
    return { form: 'authority', path: '', authority: target };
  }
  if (target.startsWith('/')) return { form: 'origin', path: target, authority: undefined };
  if (target === '*' && method === 'OPTIONS') return { form: 'asterisk', path: '*', authority: undefined };
  const absolute = ABSOLUTE.exec(target);
  const authority = absolute?.[1];
  if (absolute === null || authority === undefined || !HOST.test(authority)) throw new HttpError('bad_first_line');
  const rest = absolute[2] ?? '';
  return { form: 'absolute', path: rest.startsWith('/') ? rest : `/${rest}`, authority };
}

function routePathOf(path: string): string {
  const query = path.indexOf('?');
  const raw = query === -1 ? path : path.slice(0, query);
  return /[%\x80-\xff]/.test(raw) ? decodedPath(raw) : raw;
}

function decodedPath(raw: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(raw)) throw new HttpError('bad_first_line');
  const bytes = raw.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

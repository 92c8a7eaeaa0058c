import { VHOST_LIMITS } from '../limits';

/** What the first bytes of a TLS connection say about the server they are for. */
export type ServerName =
  | { readonly kind: 'need-more' }
  /** In lower case. */
  | { readonly kind: 'found'; readonly name: string }
  /** A ClientHello that names none. */
  | { readonly kind: 'none' }
  /** No ClientHello, or one that is longer than it may be. */
  | { readonly kind: 'bad' };

const NEED_MORE: ServerName = { kind: 'need-more' };
const NONE: ServerName = { kind: 'none' };
const BAD: ServerName = { kind: 'bad' };

/** RFC 8446, sections 4 and 5.1. */
const HANDSHAKE_RECORD = 22;
const MAX_RECORD_BYTES = 16_384;
const RECORD_HEADER_BYTES = 5;
const HANDSHAKE_HEADER_BYTES = 4;
const CLIENT_HELLO = 1;
const VERSION_AND_RANDOM_BYTES = 34;
const MAX_SESSION_ID_BYTES = 32;
/** RFC 6066, section 3. */
const SERVER_NAME_EXTENSION = 0;
const HOST_NAME = 0;
const NAME = /^[\x21-\x7e]{1,255}$/;

/**
 * Reads the server name out of a ClientHello, which may be cut into any number of records (RFC 8446, section 4.1.2; RFC 6066, section 3).
 * @param head all bytes that have come so far
 */
export function serverNameOf(head: Buffer): ServerName {
  const hello = handshakeOf(head);
  if (!Buffer.isBuffer(hello)) return hello;
  return new HelloReader(hello).read();
}

/** What is in the first records, up to the end of the first message. */
function handshakeOf(head: Buffer): Buffer | ServerName {
  const parts: Buffer[] = [];
  let bytes = 0;
  let expected = HANDSHAKE_HEADER_BYTES;
  for (let at = 0; bytes < expected;) {
    if (at < head.length && head[at] !== HANDSHAKE_RECORD) return BAD;
    if (at + 1 < head.length && head[at + 1] !== 3) return BAD;
    if (at + RECORD_HEADER_BYTES > head.length) return shortOf(head);
    const length = head.readUInt16BE(at + 3);
    if (length === 0 || length > MAX_RECORD_BYTES) return BAD;
    at += RECORD_HEADER_BYTES;
    const part = head.subarray(at, at + length);
    parts.push(part);
    bytes += part.length;
    at += length;
    if (expected === HANDSHAKE_HEADER_BYTES && bytes >= HANDSHAKE_HEADER_BYTES) {
      const start = Buffer.concat(parts, HANDSHAKE_HEADER_BYTES);
      if (start[0] !== CLIENT_HELLO) return BAD;
      expected += start.readUIntBE(1, 3);
      if (expected > VHOST_LIMITS.maxClientHelloBytes) return BAD;
    }
    if (bytes < expected && part.length < length) return shortOf(head);
  }
  return Buffer.concat(parts).subarray(HANDSHAKE_HEADER_BYTES, expected);
}

function shortOf(head: Buffer): ServerName {
  return head.length >= VHOST_LIMITS.maxClientHelloBytes ? BAD : NEED_MORE;
}

/** Reads a complete ClientHello; a length that leads out of it makes it a bad one. */
class HelloReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  read(): ServerName {
    this.at = VERSION_AND_RANDOM_BYTES;
    const sessionIdBytes = this.skip(1);
    if (sessionIdBytes < 0 || sessionIdBytes > MAX_SESSION_ID_BYTES) return BAD;
    const cipherBytes = this.skip(2);
    if (cipherBytes < 2 || cipherBytes % 2 !== 0) return BAD;
    if (this.skip(1) < 1) return BAD;
    // Before TLS 1.3 there may be no extensions at all.
    if (this.at === this.bytes.length) return NONE;
    const length = this.length(2);
    return length < 0 || this.at + length !== this.bytes.length ? BAD : this.readExtensions();
  }

  private readExtensions(): ServerName {
    let found = NONE;
    while (this.at < this.bytes.length) {
      const type = this.length(2);
      const start = this.at + 2;
      const length = type < 0 ? -1 : this.skip(2);
      if (length < 0) return BAD;
      if (type !== SERVER_NAME_EXTENSION) continue;
      if (found !== NONE) return BAD;
      found = readServerNames(this.bytes.subarray(start, start + length));
      if (found.kind !== 'found') return BAD;
    }
    return found;
  }

  /** @returns the number that is next, or -1 where the bytes end before */
  private length(size: 1 | 2): number {
    if (this.at + size > this.bytes.length) return -1;
    const length = this.bytes.readUIntBE(this.at, size);
    this.at += size;
    return length;
  }

  /** Passes over a field with its length in front. @returns the length, or -1 where the bytes end before */
  private skip(size: 1 | 2): number {
    const length = this.length(size);
    if (length < 0 || this.at + length > this.bytes.length) return -1;
    this.at += length;
    return length;
  }
}

function readServerNames(list: Buffer): ServerName {
  if (list.length < 2 || list.readUInt16BE(0) !== list.length - 2) return BAD;
  let found: ServerName = BAD;
  for (let at = 2; at < list.length;) {
    if (at + 3 > list.length) return BAD;
    const end = at + 3 + list.readUInt16BE(at + 1);
    if (end > list.length) return BAD;
    if (list[at] === HOST_NAME) {
      const name = list.toString('latin1', at + 3, end);
      if (found !== BAD || !NAME.test(name)) return BAD;
      found = { kind: 'found', name: name.toLowerCase() };
    }
    at = end;
  }
  return found;
}

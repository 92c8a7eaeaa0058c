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
const MAJOR_VERSION = 3;
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
 * Reads the server name out of a ClientHello, which may come in any number of pieces and be cut into any number of records (RFC 8446,
 * section 4.1.2; RFC 6066, section 3). Every byte is looked at once, however small the pieces and the records are.
 */
export class ClientHelloReader {
  /** Bytes that were given so far. */
  seenBytes = 0;
  private readonly header = Buffer.alloc(RECORD_HEADER_BYTES);
  private headerBytes = 0;
  /** Of the record that is being read. */
  private missing = 0;
  /** The handshake message: its header at first, and as long as that says then. */
  private message = Buffer.alloc(HANDSHAKE_HEADER_BYTES);
  private messageBytes = 0;
  private result: ServerName = NEED_MORE;

  /** @param chunk what has come since. Once the answer is another than `need-more` it stays that. */
  push(chunk: Buffer): ServerName {
    this.seenBytes += chunk.length;
    for (let at = 0; at < chunk.length && this.result === NEED_MORE;) {
      at += this.missing === 0 ? this.readHeader(chunk, at) : this.readBody(chunk, at);
    }
    if (this.result === NEED_MORE && this.seenBytes >= VHOST_LIMITS.maxClientHelloBytes) this.result = BAD;
    return this.result;
  }

  /** @returns how many bytes were taken */
  private readHeader(chunk: Buffer, at: number): number {
    const { header } = this;
    const taken = chunk.copy(header, this.headerBytes, at);
    this.headerBytes += taken;
    if (header[0] !== HANDSHAKE_RECORD || (this.headerBytes > 1 && header[1] !== MAJOR_VERSION)) this.result = BAD;
    if (this.headerBytes < RECORD_HEADER_BYTES) return taken;
    this.headerBytes = 0;
    this.missing = header.readUInt16BE(3);
    if (this.missing === 0 || this.missing > MAX_RECORD_BYTES) this.result = BAD;
    return taken;
  }

  private readBody(chunk: Buffer, at: number): number {
    const { message } = this;
    const taken = chunk.copy(message, this.messageBytes, at, Math.min(chunk.length, at + this.missing));
    this.messageBytes += taken;
    this.missing -= taken;
    if (this.messageBytes < message.length) return taken;
    if (message.length > HANDSHAKE_HEADER_BYTES) this.finish(message);
    else this.begin(message);
    return taken;
  }

  /** The header of the message is there. */
  private begin(header: Buffer): void {
    const length = HANDSHAKE_HEADER_BYTES + header.readUIntBE(1, 3);
    if (header[0] !== CLIENT_HELLO || length > VHOST_LIMITS.maxClientHelloBytes) this.result = BAD;
    else if (length === HANDSHAKE_HEADER_BYTES) this.finish(header);
    else {
      this.message = Buffer.alloc(length);
      header.copy(this.message);
    }
  }

  private finish(message: Buffer): void {
    this.result = new HelloReader(message.subarray(HANDSHAKE_HEADER_BYTES)).read();
  }
}

/**
 * As {@link ClientHelloReader}, in one go.
 * @param head all bytes that have come
 */
export function serverNameOf(head: Buffer): ServerName {
  return new ClientHelloReader().push(head);
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

import type { Lease } from '@tollgate/stream-kit';
import { VHOST_LIMITS } from '../limits';
import type { BodyFraming } from './framing';
import { type HeaderField, parseFields } from './header-block';
import { HttpError } from './http-error';

/** Where the bytes of a body go. */
export interface BodySink {
  passBody(chunk: Buffer, lease?: Lease): void;
}

/** Where in a chunked body the next byte is (RFC 9112, section 7.1). */
const enum State {
  SizeStart,
  Size,
  Extension,
  SizeLf,
  Data,
  DataCr,
  DataLf,
  Trailers,
}

const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;
const TAB = 0x09;
const CRLF = Buffer.from('\r\n');
const EMPTY_LINE = Buffer.from('\r\n\r\n');
/** What may not come behind a body, because it would have had to be known before (RFC 9110, section 6.5.1). */
const NO_TRAILERS = new Set(
  'authorization connection content-encoding content-length content-range content-type cookie expect forwarded host keep-alive proxy-authenticate proxy-authorization set-cookie te trailer transfer-encoding upgrade www-authenticate x-forwarded-for x-forwarded-host x-forwarded-proto'.split(
    ' ',
  ),
);

/** Finds the end of one body. Its framing is passed on with it, unless only what it frames is asked for. */
export class BodyFramer {
  isDone: boolean;
  /** Fields behind the body; known at its end. */
  trailers: readonly HeaderField[] = [];
  private left: number;
  private state = State.SizeStart;
  private digits = 0;
  private extensionBytes = 0;
  private tail: Buffer | undefined;

  /** @param decodes whether a chunked body is handed on without its framing */
  constructor(
    readonly framing: BodyFraming,
    private readonly decodes: boolean,
  ) {
    this.left = framing.kind === 'length' ? framing.bytes : 0;
    this.isDone = framing.kind === 'none' || (framing.kind === 'length' && framing.bytes === 0);
  }

  /**
   * Passes on what belongs to the body.
   * @returns how many bytes of `chunk` did
   * @throws HttpError when it is no proper chunked body
   */
  push(chunk: Buffer, lease: Lease | undefined, sink: BodySink): number {
    const { length } = chunk;
    switch (this.framing.kind) {
      case 'none':
        return 0;
      case 'close':
        sink.passBody(chunk, lease);
        return length;
      case 'length':
        return this.pushCounted(chunk, lease, sink);
      case 'chunked':
        return this.pushChunked(chunk, lease, sink);
    }
  }

  private pushCounted(chunk: Buffer, lease: Lease | undefined, sink: BodySink): number {
    if (this.isDone) return 0;
    const bytes = Math.min(chunk.length, this.left);
    this.left -= bytes;
    this.isDone = this.left === 0;
    // The rest of the memory is somebody else's: then the lease is not passed on, and the memory not used again.
    if (bytes === chunk.length) sink.passBody(chunk, lease);
    else sink.passBody(chunk.subarray(0, bytes));
    return bytes;
  }

  private pushChunked(chunk: Buffer, lease: Lease | undefined, sink: BodySink): number {
    let at = 0;
    // What is passed on as it came.
    let rawEnd = 0;
    while (at < chunk.length && !this.isDone) {
      if (this.state === State.Data) {
        const bytes = Math.min(chunk.length - at, this.left);
        if (this.decodes) sink.passBody(chunk.subarray(at, at + bytes));
        at += bytes;
        this.left -= bytes;
        if (this.left === 0) this.state = State.DataCr;
        rawEnd = at;
      } else if (this.state === State.Trailers) {
        const bytes = this.readTrailers(chunk, at);
        // The usual: nothing behind the last chunk but the empty line.
        if (bytes === CRLF.length && this.tail === undefined) rawEnd = at + bytes;
        at += bytes;
      } else {
        this.readFraming(chunk[at] ?? 0);
        at += 1;
        rawEnd = at;
      }
    }
    if (!this.decodes) {
      if (rawEnd === chunk.length) sink.passBody(chunk, lease);
      else if (rawEnd > 0) sink.passBody(chunk.subarray(0, rawEnd));
      if (this.isDone && this.tail !== undefined) sink.passBody(this.rebuiltTrailers());
    }
    return at;
  }

  private readFraming(byte: number): void {
    switch (this.state) {
      case State.SizeStart:
      case State.Size:
        this.readSize(byte);
        return;
      case State.Extension:
        if (byte === CR) this.state = State.SizeLf;
        else if ((byte < 0x20 && byte !== TAB) || byte === 0x7f) throw new HttpError('bad_chunk');
        else if (++this.extensionBytes > VHOST_LIMITS.maxChunkExtensionBytes) throw new HttpError('bad_chunk');
        return;
      case State.SizeLf:
        expect(byte, LF);
        this.state = this.left === 0 ? State.Trailers : State.Data;
        return;
      case State.DataCr:
        expect(byte, CR);
        this.state = State.DataLf;
        return;
      case State.DataLf:
        expect(byte, LF);
        this.state = State.SizeStart;
        return;
      case State.Data:
      case State.Trailers:
    }
  }

  private readSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (this.state === State.SizeStart) this.digits = this.extensionBytes = 0;
      if (++this.digits > VHOST_LIMITS.maxChunkDigits) throw new HttpError('bad_chunk');
      this.left = this.left * 16 + digit;
      this.state = State.Size;
    } else if (this.state === State.Size && byte === CR) {
      this.state = State.SizeLf;
    } else if (this.state === State.Size && byte === SEMICOLON) {
      this.state = State.Extension;
    } else {
      throw new HttpError('bad_chunk');
    }
  }

  /** @returns how many bytes of `chunk` belong to the trailers */
  private readTrailers(chunk: Buffer, at: number): number {
    if (this.tail === undefined && chunk[at] === CR && chunk[at + 1] === LF) {
      this.isDone = true;
      return CRLF.length;
    }
    const before = this.tail?.length ?? 0;
    // A line break in front makes an empty section end like any other.
    const tail = Buffer.concat([this.tail ?? CRLF, chunk.subarray(at, at + VHOST_LIMITS.maxTrailerBytes + 1)]);
    const end = tail.indexOf(EMPTY_LINE);
    if (end === -1) {
      if (tail.length > VHOST_LIMITS.maxTrailerBytes) throw new HttpError('bad_chunk');
      this.tail = tail;
      return chunk.length - at;
    }
    if (end > VHOST_LIMITS.maxTrailerBytes) throw new HttpError('bad_chunk');
    this.tail = tail.subarray(0, end + CRLF.length);
    const text = this.tail.toString('latin1');
    const fields = parseFields(this.tail, text, CRLF.length, this.tail.length);
    this.trailers = fields.filter(({ name }) => !NO_TRAILERS.has(name));
    this.isDone = true;
    return end + EMPTY_LINE.length - (before === 0 ? CRLF.length : before);
  }

  private rebuiltTrailers(): Buffer {
    const text = this.tail?.toString('latin1') ?? '';
    const lines = this.trailers.map(({ start, end }) => text.slice(start, end));
    return Buffer.from(`${lines.join('')}\r\n`, 'latin1');
  }
}

function expect(byte: number, wanted: number): void {
  if (byte !== wanted) throw new HttpError('bad_chunk');
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

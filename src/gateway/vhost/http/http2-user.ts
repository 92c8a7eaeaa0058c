import { type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream, constants } from 'node:http2';
import type { ByteStream, Lease } from '@tollgate/stream-kit';
import { Exchange } from './exchange';
import type { ExchangeContext, ExchangeUser, OwnAnswer } from './exchange-user';
import type { HeaderField } from './header-block';
import type { HeaderEdits } from './header-edits';
import { HttpError } from './http-error';
import type { UserAddress } from './http-target';
import { responseFields } from './outgoing-head';
import { type RequestHead, parseRequestHead } from './request-head';
import type { ResponseHead } from './response-head';
import type { UserVisits } from './user-visits';

const NOTHING = Buffer.alloc(0);

/** A request that came by HTTP/2. The service gets it as one of HTTP/1.1, and it is held to the same rules. */
export class Http2User implements ExchangeUser {
  readonly decodesChunks = true;
  private exchange: Exchange | undefined;
  private request: RequestHead | undefined;
  private requestTrailers = '';
  private responseTrailers: OutgoingHttpHeaders = {};
  private isFinished = false;

  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly context: ExchangeContext,
    private readonly peer: UserAddress,
    readonly visits: UserVisits,
  ) {}

  /**
   * @param raw names and values in turn
   * @param hasBody whether anything follows the head
   */
  start(raw: readonly string[], hasBody: boolean): void {
    const { stream } = this;
    stream.on('error', ignore);
    stream.on('close', () => {
      this.guard(() => this.exchange?.abort());
    });
    let request: RequestHead;
    try {
      const text = Buffer.from(headTextOf(raw, hasBody), 'latin1');
      request = parseRequestHead(text, text.length);
      if (request.form === 'authority') throw new HttpError('unsupported_framing');
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.answer({ status: error.status, fields: [], body: NOTHING });
      return;
    }
    this.request = request;
    const exchange = new Exchange(this.context, this, request, this.peer);
    this.exchange = exchange;
    this.listen(exchange, request.framing.kind === 'chunked');
    this.guard(() => {
      exchange.start();
    });
  }

  tick(nowMs: number): void {
    this.guard(() => this.exchange?.tick(nowMs, this.stream.writableLength));
  }

  inform({ status, fields }: ResponseHead): void {
    // `100` is HTTP/2's own to send, and what asks for it.
    if (status < 102 || this.stream.headersSent || this.stream.destroyed) return;
    this.attempt(() => {
      const pairs = fields.map(({ name, value }) => [name, value] as const);
      this.stream.additionalHeaders({ ...headersOf(pairs), ':status': status });
    });
  }

  begin(head: ResponseHead, edits: HeaderEdits): void {
    const hasNoBody = head.framing.kind === 'none';
    this.attempt(() => {
      this.stream.respond(
        { ...headersOf(responseFields(head, edits)), ':status': head.status },
        { endStream: hasNoBody, waitForTrailers: head.framing.kind === 'chunked' },
      );
    });
  }

  write(chunk: Buffer, lease?: Lease): boolean {
    if (this.stream.destroyed) {
      lease?.release();
      return true;
    }
    return this.stream.write(chunk, () => {
      // Of a write that was cut off Node may still be sending a part: that memory is left to the collector.
      if (!this.stream.destroyed) lease?.release();
    });
  }

  flush(): void {
    // HTTP/2 gathers by itself.
  }

  finish(trailers: readonly HeaderField[]): void {
    this.isFinished = true;
    this.responseTrailers = headersOf(trailers.map(({ name, value }) => [name, value] as const));
    if (!this.stream.destroyed && !this.stream.writableEnded) this.stream.end();
    this.dropRequest();
  }

  answer({ status, fields, body }: OwnAnswer): void {
    this.isFinished = true;
    const hasBody = body.length > 0 && this.request?.method !== 'HEAD';
    this.attempt(() => {
      this.stream.respond(
        { ...headersOf(fields), 'content-length': body.length, ':status': status },
        { endStream: !hasBody },
      );
      if (hasBody) this.stream.end(body);
    });
    this.dropRequest();
  }

  cut(): void {
    this.isFinished = true;
    if (!this.stream.destroyed) this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  resumeBody(): void {
    this.stream.resume();
  }

  /** Not reached: neither CONNECT nor an upgrade is passed on from HTTP/2. */
  join(backend: ByteStream, _head: ResponseHead | undefined, _edits: HeaderEdits, onEnd: () => void): void {
    backend.destroy();
    onEnd();
    this.cut();
  }

  private listen(exchange: Exchange, isChunked: boolean): void {
    const { stream } = this;
    stream.on('drain', () => {
      this.guard(() => {
        exchange.userDrained();
      });
    });
    stream.on('wantTrailers', () => {
      this.attempt(() => {
        stream.sendTrailers(this.responseTrailers);
      });
    });
    if (exchange.hasWholeRequest) return;
    stream.on('trailers', (trailers: IncomingHttpHeaders) => {
      for (const [name, value] of Object.entries(trailers)) {
        if (!name.startsWith(':')) this.requestTrailers += `${name}: ${[value].flat().join(', ')}\r\n`;
      }
    });
    stream.on('data', (chunk: Buffer) => {
      this.guard(() => {
        if (isChunked) exchange.sendBody(Buffer.from(`${chunk.length.toString(16)}\r\n`, 'latin1'));
        const isReady = exchange.sendBody(chunk);
        if (isChunked) exchange.sendBody(CRLF);
        if (!isReady && !this.isFinished) stream.pause();
      });
    });
    stream.on('end', () => {
      this.guard(() => {
        if (isChunked) exchange.sendBody(Buffer.from(`0\r\n${this.requestTrailers}\r\n`, 'latin1'));
        exchange.endBody();
      });
    });
  }

  /** The rest of a request that is answered already is not wanted (RFC 9113, section 8.1). */
  private dropRequest(): void {
    if (this.exchange?.hasWholeRequest !== true && !this.stream.destroyed)
      this.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  /** What is called by Node must not throw: a fault of ours costs this request, and not the process. */
  private guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.cut();
      this.context.onFault(error);
    }
  }

  /** What Node or HTTP/2 does not allow in a head ends the stream, and not the process. */
  private attempt(send: () => void): void {
    if (this.stream.destroyed) return;
    try {
      send();
    } catch {
      this.cut();
    }
  }
}

const CRLF = Buffer.from('\r\n');

/** The head as HTTP/1.1 would have it (RFC 9113, section 8.3). */
function headTextOf(raw: readonly string[], hasBody: boolean): string {
  const pseudo = new Map<string, string>();
  let lines = '';
  let cookies = '';
  let isCounted = false;
  let host: string | undefined;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    // A line break would make two fields of one.
    if (/[\r\n\0]/.test(name) || /[\r\n\0]/.test(value)) throw new HttpError('bad_field');
    if (name.startsWith(':')) pseudo.set(name, value);
    else if (name === 'host') host = value;
    else if (name === 'cookie') cookies += cookies === '' ? value : `; ${value}`;
    else if (name === 'transfer-encoding' || name === 'connection' || name === 'upgrade')
      throw new HttpError('bad_field');
    else lines += `${name}: ${value}\r\n`;
    if (name === 'content-length') isCounted = true;
  }
  if (cookies !== '') lines += `cookie: ${cookies}\r\n`;
  if (hasBody && !isCounted) lines += 'transfer-encoding: chunked\r\n';
  const authority = pseudo.get(':authority') ?? host ?? '';
  const method = pseudo.get(':method') ?? '';
  const target = method === 'CONNECT' ? authority : (pseudo.get(':path') ?? '');
  return `${method} ${target} HTTP/1.1\r\nhost: ${authority}\r\n${lines}\r\n`;
}

function headersOf(pairs: Iterable<readonly [name: string, value: string]>): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const before = headers[key];
    if (before === undefined) headers[key] = value;
    else headers[key] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return headers;
}

function ignore(): void {
  // A stream that fails is closed, which is listened to.
}

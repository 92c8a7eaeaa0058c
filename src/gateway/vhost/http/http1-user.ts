import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';
import { VHOST_LIMITS } from '../limits';
import { BodyFramer, type BodySink } from './body-framer';
import { Exchange } from './exchange';
import type { ExchangeContext, ExchangeUser, OwnAnswer } from './exchange-user';
import { HeadReader } from './head-reader';
import { type HeaderEdits, compileEdits } from './header-edits';
import { HeldBytes } from './held-bytes';
import { Http1Writer, ownHeadText } from './http1-writer';
import { HttpError } from './http-error';
import type { UserAddress } from './http-target';
import { responseHeadText } from './outgoing-head';
import { type RequestHead, parseRequestHead } from './request-head';
import type { ResponseHead } from './response-head';

/** What a user's connection needs to know of the virtual host. */
export interface Http1Context extends ExchangeContext {
  /** Relays between a user and a service, until one of them ends. */
  join(user: ByteStream, backend: ByteStream, onEnd: () => void): void;
  onClosed(user: Http1User): void;
}

/**
 * `head`: between requests, or in the middle of a head; `body`: in the middle of a request's body; `answering`: the request is complete;
 * `closing`: what comes is dropped; `joined`: the stream is a relay's.
 */
type State = 'head' | 'body' | 'answering' | 'closing' | 'joined';

const NO_EDITS = compileEdits(undefined);
const CR = 0x0d;
const LF = 0x0a;

/**
 * A user's connection of HTTP/1: reads one request after the other, and answers them in this order (RFC 9112, section 9.3). What comes
 * before its turn waits. A user who ends its side is gone, as for frps: the service learns of it.
 */
export class Http1User implements ByteReader, BodySink, ExchangeUser {
  private state: State = 'head';
  private readonly head = new HeadReader();
  private request: RequestHead | undefined;
  private framer: BodyFramer | undefined;
  private exchange: Exchange | undefined;
  private readonly held = new HeldBytes();
  private readonly writer: Http1Writer;
  private closesAfter = false;
  private isProcessing = false;
  private sinceMs: number;
  private queuedBefore = 0;

  /**
   * @param stream is its own from now on
   * @param onRequest told once, of the first request
   */
  constructor(
    private readonly stream: ByteStream,
    private readonly peer: UserAddress,
    private readonly context: Http1Context,
    private onRequest: (() => void) | undefined,
  ) {
    this.writer = new Http1Writer(stream);
    this.sinceMs = context.now();
  }

  get decodesChunks(): boolean {
    return this.request?.isHttp10 === true;
  }

  /** Begins to read requests. */
  listen(): void {
    this.stream.attach(this);
    this.stream.resume();
  }

  begin(head: ResponseHead, edits: HeaderEdits): void {
    const { request, exchange } = this;
    const isHttp10 = request?.isHttp10 === true;
    const isChunked = head.framing.kind === 'chunked';
    this.closesAfter =
      request?.keepAlive !== true ||
      head.framing.kind === 'close' ||
      (isChunked && isHttp10) ||
      // Whether its body follows is the user's to decide now, and nobody could tell from the next request.
      (request.expectsContinue && exchange?.hasWholeRequest !== true);
    const connection = this.closesAfter ? 'close' : isHttp10 ? 'keep-alive' : undefined;
    this.writer.begin(responseHeadText(head, edits, { isChunked: isChunked && !isHttp10, connection }));
  }

  onData(chunk: Buffer, lease?: Lease): void {
    this.process(chunk, lease);
  }

  onEnd(): void {
    if (this.state === 'closing') return;
    if (this.exchange === undefined) {
      this.closeGently();
      return;
    }
    this.cut();
  }

  onDrain(): void {
    this.writer.isBlocked = false;
    this.exchange?.userDrained();
    if (this.exchange === undefined) this.processHeld();
  }

  onClose(): void {
    this.state = 'closing';
    this.endExchange();
    this.context.onClosed(this);
  }

  passBody(chunk: Buffer, lease?: Lease): void {
    if (this.exchange === undefined) lease?.release();
    else if (!this.exchange.sendBody(chunk, lease)) this.stream.pause();
  }

  resumeBody(): void {
    if (this.state === 'body') this.stream.resume();
  }

  inform(head: ResponseHead): void {
    if (this.request?.isHttp10 === true) return;
    this.writer.writeText(responseHeadText(head, NO_EDITS, { isChunked: false, connection: undefined }));
  }

  write(chunk: Buffer, lease?: Lease): boolean {
    return this.writer.write(chunk, lease);
  }

  flush(): void {
    this.writer.flush();
  }

  finish(): void {
    this.flush();
    this.exchange = undefined;
    this.sinceMs = this.context.now();
    if (this.closesAfter) this.closeGently();
    else if (this.state === 'answering') this.nextRequest();
    else if (!this.mayDrain()) this.closeGently();
    else this.stream.resume();
  }

  answer(answer: OwnAnswer): void {
    const { request } = this;
    this.closesAfter = request?.keepAlive !== true || request.form === 'authority';
    const isLast = this.closesAfter || !this.mayDrain();
    this.writer.begin(ownHeadText(answer, isLast ? 'close' : request?.isHttp10 === true ? 'keep-alive' : undefined));
    if (answer.body.length > 0 && request?.method !== 'HEAD') this.write(answer.body);
    this.finish();
  }

  cut(): void {
    this.state = 'closing';
    this.endExchange();
    this.stream.destroy();
  }

  join(backend: ByteStream, head: ResponseHead | undefined, edits: HeaderEdits, onEnd: () => void): void {
    const { context, stream } = this;
    const switching = { isChunked: false, connection: 'Upgrade' } as const;
    if (head !== undefined) this.writer.writeText(responseHeadText(head, edits, switching));
    this.exchange = undefined;
    this.state = 'joined';
    stream.pause();
    stream.unshift(this.held.take());
    context.join(stream, backend, onEnd);
    context.onClosed(this);
  }

  tick(nowMs: number): void {
    const { exchange, stream } = this;
    if (exchange !== undefined) {
      exchange.tick(nowMs, stream.queuedBytes);
      return;
    }
    if (this.state === 'joined') return;
    this.noteProgress(nowMs);
    const forMs = nowMs - this.sinceMs;
    if (this.state === 'closing') {
      if (forMs >= (stream.queuedBytes === 0 ? VHOST_LIMITS.lingerMs : VHOST_LIMITS.stallMs)) stream.destroy();
    } else if (this.head.isPartial || this.state === 'body') {
      if (forMs >= VHOST_LIMITS.requestHeadMs) this.cut();
    } else if (forMs >= VHOST_LIMITS.userIdleMs) {
      this.closeGently();
    }
  }

  /** Cuts the connection, whatever is under way. */
  destroy(): void {
    this.cut();
  }

  /** An answer that the user is still taking doesn't count as silence. */
  private noteProgress(nowMs: number): void {
    const { queuedBytes } = this.stream;
    if (queuedBytes !== this.queuedBefore && !this.head.isPartial) this.sinceMs = nowMs;
    this.queuedBefore = queuedBytes;
  }

  private process(chunk: Buffer, lease: Lease | undefined): void {
    this.isProcessing = true;
    try {
      let rest = chunk;
      while (rest.length > 0) rest = this.step(rest, rest === chunk ? lease : undefined);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.refuse(error);
    } finally {
      this.isProcessing = false;
    }
  }

  /** @returns what is left of the chunk */
  private step(chunk: Buffer, lease: Lease | undefined): Buffer {
    switch (this.state) {
      case 'head':
        if (!this.writer.isBlocked) return this.readHead(chunk);
        this.hold(chunk);
        return NOTHING;
      case 'body':
        return this.readBody(chunk, lease);
      case 'answering':
        this.hold(chunk);
        return NOTHING;
      case 'closing':
      case 'joined':
        lease?.release();
        return NOTHING;
    }
  }

  private readHead(chunk: Buffer): Buffer {
    const { head } = this;
    let start = 0;
    // Some send an empty line behind a body (RFC 9112, section 2.2).
    if (!head.isPartial) {
      while (chunk[start] === CR && chunk[start + 1] === LF) start += 2;
      if (start === chunk.length) return NOTHING;
      this.sinceMs = this.context.now();
    }
    const end = head.push(start === 0 ? chunk : chunk.subarray(start));
    if (end === -1) return NOTHING;
    const { bytes } = head;
    head.clear();
    // So that nothing of the one before is in the answer to what can't be read.
    this.request = undefined;
    const request = parseRequestHead(bytes, end);
    this.startExchange(request);
    return bytes.length === end ? NOTHING : bytes.subarray(end);
  }

  private startExchange(request: RequestHead): void {
    this.onRequest?.();
    this.onRequest = undefined;
    this.request = request;
    this.framer = new BodyFramer(request.framing, false);
    this.state = this.framer.isDone ? 'answering' : 'body';
    const exchange = new Exchange(this.context, this, request, this.peer);
    this.exchange = exchange;
    exchange.start();
  }

  private readBody(chunk: Buffer, lease: Lease | undefined): Buffer {
    const { framer } = this;
    if (framer === undefined) return NOTHING;
    const read = framer.push(chunk, lease, this);
    if (framer.isDone) {
      if (this.exchange === undefined) {
        this.nextRequest();
      } else {
        this.state = 'answering';
        this.exchange.endBody();
        // A user who goes away is noticed only while it is read.
        this.stream.resume();
      }
    }
    return chunk.subarray(read);
  }

  /** Whether the rest of a request that is answered already is worth reading for the sake of the connection. */
  private mayDrain(): boolean {
    const { request, state } = this;
    if (state !== 'body') return true;
    if (request?.framing.kind !== 'length' || request.expectsContinue) return false;
    return request.framing.bytes <= VHOST_LIMITS.maxPipelinedBytes;
  }

  private hold(chunk: Buffer): void {
    this.held.push(chunk);
    if (this.held.isFull || this.writer.isBlocked) this.stream.pause();
  }

  private nextRequest(): void {
    this.state = 'head';
    this.sinceMs = this.context.now();
    if (!this.isProcessing) this.processHeld();
  }

  private processHeld(): void {
    if (this.state !== 'head' || this.writer.isBlocked || this.isProcessing) return;
    this.process(this.held.take(), undefined);
    if (!this.held.isFull) this.stream.resume();
  }

  private refuse({ status }: HttpError): void {
    const hasBegun = this.exchange?.hasAnswer === true && !this.writer.hasHead;
    this.endExchange();
    if (hasBegun) {
      this.cut();
      return;
    }
    this.writer.refuse(status);
    this.closeGently();
  }

  /** Ends our side, and drops what still comes: to close with input unread would reset the connection, and lose the answer. */
  private closeGently(): void {
    this.endExchange();
    this.state = 'closing';
    this.held.take();
    this.head.clear();
    this.sinceMs = this.context.now();
    this.stream.end();
    this.stream.resume();
  }

  private endExchange(): void {
    const { exchange } = this;
    this.exchange = undefined;
    exchange?.abort();
  }
}

const NOTHING = Buffer.alloc(0);

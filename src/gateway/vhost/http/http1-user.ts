import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';
import { VHOST_LIMITS } from '../limits';
import { Exchange } from './exchange';
import type { ExchangeContext, ExchangeUser, OwnAnswer } from './exchange-user';
import { type HeaderEdits, compileEdits } from './header-edits';
import { Http1Writer, ownHeadText } from './http1-writer';
import type { HttpError } from './http-error';
import type { UserAddress } from './http-target';
import { responseHeadText } from './outgoing-head';
import type { RequestHead } from './request-head';
import { RequestReader, type RequestTaker } from './request-reader';
import type { ResponseHead } from './response-head';
import { UserVisits } from './user-visits';

/** What a user's connection needs to know of the virtual host. */
export interface Http1Context extends ExchangeContext {
  /** Relays between a user and a service, until one of them ends. */
  join(user: ByteStream, backend: ByteStream, onEnd: () => void): void;
  onClosed(user: Http1User): void;
}

/** `closing`: what comes is dropped; `joined`: the stream is a relay's. */
type State = 'open' | 'closing' | 'joined';

const NO_EDITS = compileEdits(undefined);

/**
 * A user's connection of HTTP/1: answers its requests in the order in which they come (RFC 9112, section 9.3). A user who ends its side is
 * gone, as for frps: the service learns of it.
 */
export class Http1User implements ByteReader, RequestTaker, ExchangeUser {
  readonly visits = new UserVisits();
  private state: State = 'open';
  private readonly reader: RequestReader;
  private exchange: Exchange | undefined;
  private readonly writer: Http1Writer;
  private closesAfter = false;
  private isLeaving = false;
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
    this.reader = new RequestReader(stream, this);
    this.writer = new Http1Writer(stream);
    this.sinceMs = context.now();
  }

  get decodesChunks(): boolean {
    return this.reader.request?.isHttp10 === true;
  }

  get isBlocked(): boolean {
    return this.writer.isBlocked;
  }

  /** Begins to read requests. */
  listen(): void {
    this.stream.attach(this);
    this.stream.resume();
  }

  begin(head: ResponseHead, edits: HeaderEdits): void {
    const { exchange } = this;
    const { request } = this.reader;
    const isHttp10 = request?.isHttp10 === true;
    const isChunked = head.framing.kind === 'chunked';
    this.closesAfter =
      this.isLeaving ||
      request?.keepAlive !== true ||
      head.framing.kind === 'close' ||
      (isChunked && isHttp10) ||
      // Whether its body follows is the user's to decide now, and nobody could tell from the next request.
      (request.expectsContinue && exchange?.hasWholeRequest !== true);
    const connection = this.closesAfter ? 'close' : isHttp10 ? 'keep-alive' : undefined;
    this.writer.begin(responseHeadText(head, edits, { isChunked: isChunked && !isHttp10, connection }));
  }

  onData(chunk: Buffer, lease?: Lease): void {
    this.reader.push(chunk, lease);
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
    if (this.exchange === undefined) this.reader.readHeld();
  }

  onClose(): void {
    this.stop();
    this.visits.leave();
    this.context.onClosed(this);
  }

  requestBegins(): void {
    this.sinceMs = this.context.now();
  }

  takeRequest(request: RequestHead): void {
    this.onRequest?.();
    this.onRequest = undefined;
    const exchange = new Exchange(this.context, this, request, this.peer);
    this.exchange = exchange;
    exchange.start();
  }

  passBody(chunk: Buffer, lease?: Lease): void {
    if (this.exchange === undefined) lease?.release();
    else if (!this.exchange.sendBody(chunk, lease)) this.stream.pause();
  }

  endRequest(): void {
    if (this.exchange === undefined) {
      this.nextRequest();
      return;
    }
    this.exchange.endBody();
    // A user who goes away is noticed only while it is read.
    this.stream.resume();
  }

  refuse({ status }: HttpError): void {
    const hasBegun = this.exchange?.hasAnswer === true && !this.writer.hasHead;
    this.endExchange();
    if (hasBegun) {
      this.cut();
      return;
    }
    this.writer.refuse(status);
    this.closeGently();
  }

  resumeBody(): void {
    if (this.reader.isInBody) this.stream.resume();
  }

  inform(head: ResponseHead): void {
    if (this.reader.request?.isHttp10 === true) return;
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
    else if (this.reader.isComplete) this.nextRequest();
    else if (!this.reader.mayDrain) this.closeGently();
    else this.stream.resume();
  }

  answer(answer: OwnAnswer): void {
    const { request } = this.reader;
    this.closesAfter = this.isLeaving || request?.keepAlive !== true || request.form === 'authority';
    const isLast = this.closesAfter || !this.reader.mayDrain;
    this.writer.begin(ownHeadText(answer, isLast ? 'close' : request?.isHttp10 === true ? 'keep-alive' : undefined));
    if (answer.body.length > 0 && request?.method !== 'HEAD') this.write(answer.body);
    this.finish();
  }

  cut(): void {
    this.stop();
    this.stream.destroy();
  }

  join(backend: ByteStream, head: ResponseHead | undefined, edits: HeaderEdits, onEnd: () => void): void {
    const { context, stream } = this;
    const switching = { isChunked: false, connection: 'Upgrade' } as const;
    if (head !== undefined) this.writer.writeText(responseHeadText(head, edits, switching));
    this.exchange = undefined;
    this.state = 'joined';
    stream.pause();
    stream.unshift(this.reader.stop());
    context.join(stream, backend, () => {
      this.visits.leave();
      onEnd();
    });
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
    } else if (this.reader.isInHead || this.reader.isInBody) {
      if (forMs >= VHOST_LIMITS.requestHeadMs) this.cut();
    } else if (forMs >= VHOST_LIMITS.userIdleMs) {
      this.closeGently();
    }
  }

  /** No requests any more but the one that is under way. */
  leaveSoon(): void {
    this.isLeaving = true;
    if (this.state !== 'open' || this.exchange !== undefined) return;
    if (!this.reader.isInHead && !this.reader.isInBody) this.closeGently();
  }

  /** Cuts the connection, whatever is under way. */
  destroy(): void {
    this.cut();
  }

  /** An answer that the user is still taking doesn't count as silence. */
  private noteProgress(nowMs: number): void {
    const { queuedBytes } = this.stream;
    if (queuedBytes !== this.queuedBefore && !this.reader.isInHead) this.sinceMs = nowMs;
    this.queuedBefore = queuedBytes;
  }

  private nextRequest(): void {
    this.sinceMs = this.context.now();
    this.reader.next();
  }

  /** Ends our side, and drops what still comes: to close with input unread would reset the connection, and lose the answer. */
  private closeGently(): void {
    this.stop();
    this.sinceMs = this.context.now();
    this.stream.end();
    this.stream.resume();
  }

  private stop(): void {
    this.state = 'closing';
    this.reader.stop();
    this.endExchange();
  }

  private endExchange(): void {
    const { exchange } = this;
    this.exchange = undefined;
    exchange?.abort();
  }
}

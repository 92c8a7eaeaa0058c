import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';
import { VHOST_LIMITS } from '../limits';
import { BodyFramer, type BodySink } from './body-framer';
import { HeadReader } from './head-reader';
import type { HeaderField } from './header-block';
import { HttpError } from './http-error';
import { type ResponseHead, parseResponseHead } from './response-head';

/** Whoever waits for a response. */
export interface ResponseReader {
  /** An answer before the answer (1xx). */
  onInformational(head: ResponseHead): void;
  /** The protocol is switched: the connection, with what came behind the head, is the reader's. */
  onSwitch(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  onBody(chunk: Buffer, lease?: Lease): void;
  onResponseEnd(trailers: readonly HeaderField[]): void;
  /** All that was read at once has been told. */
  onPause(): void;
  /** The connection takes more of the request. */
  onBackendDrain(): void;
  /** There will be no (more) response. */
  onBackendFailure(): void;
}

/** Where a connection is kept between two requests. */
export interface ConnectionPool {
  /** An idle connection is of no use any more. */
  dropIdle(connection: BackendConnection): void;
}

/** A connection to a service, on which one request at a time is answered. Its stream is its own. */
export class BackendConnection implements ByteReader, BodySink {
  /** Since when it has been idle, in monotone milliseconds. */
  idleSinceMs = 0;
  /** For its pool: which of them it belongs to. */
  generation = 0;
  /** Whether it has been idle: then it may have been closed by the time a request gets there. */
  isReused = false;
  /** Whether any byte of the present response has come. */
  hasAnswered = false;
  /** Whether it can take another request after this one. */
  private keepAlive = true;
  private reader: ResponseReader | undefined;
  private method = '';
  private decodes = false;
  private informational = 0;
  private framer: BodyFramer | undefined;
  private readonly head = new HeadReader();
  private isGone = false;
  private hasEnded = false;
  private isPaused = false;

  constructor(
    readonly stream: ByteStream,
    private readonly pool: ConnectionPool,
  ) {
    stream.attach(this);
    stream.resume();
  }

  /** Whether another request can be sent. */
  get isUsable(): boolean {
    return this.keepAlive && !this.isGone && !this.stream.isClosed;
  }

  /**
   * Reads the response to a request that is about to be written to {@link stream}.
   * @param decodes whether a chunked body is wanted without its framing
   */
  begin(reader: ResponseReader, method: string, decodes: boolean): void {
    this.reader = reader;
    this.method = method;
    this.decodes = decodes;
    this.hasAnswered = false;
    this.informational = 0;
    this.framer = undefined;
  }

  pause(): void {
    this.isPaused = true;
    this.stream.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.stream.resume();
  }

  /** Nobody waits for the response any more, and it is not to be used again. */
  destroy(): void {
    this.reader = undefined;
    this.isGone = true;
    // Where the service has ended, our own end closes it, without a reset.
    if (this.hasEnded && this.stream.queuedBytes === 0) this.stream.end();
    else this.stream.destroy();
  }

  onData(chunk: Buffer, lease?: Lease): void {
    const { reader } = this;
    if (reader === undefined) {
      lease?.release();
      // A service that speaks without being asked can't be trusted with the next question.
      this.leave();
      return;
    }
    this.hasAnswered = true;
    try {
      if (this.framer === undefined) this.readHeads(chunk);
      else this.readBody(this.framer, chunk, lease);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.fail();
      return;
    }
    reader.onPause();
  }

  onEnd(): void {
    const { framer, reader } = this;
    this.keepAlive = false;
    this.hasEnded = true;
    if (reader !== undefined && framer?.framing.kind === 'close') this.endResponse(framer);
    else if (reader === undefined) this.leave();
    else this.fail();
  }

  onDrain(): void {
    this.reader?.onBackendDrain();
  }

  onClose(): void {
    if (this.reader === undefined) this.leave();
    else this.fail();
  }

  passBody(chunk: Buffer, lease?: Lease): void {
    this.reader?.onBody(chunk, lease);
  }

  private readHeads(chunk: Buffer): void {
    let rest = chunk;
    for (;;) {
      const end = this.head.push(rest);
      if (end === -1) return;
      const { bytes } = this.head;
      const head = parseResponseHead(bytes, end, this.method);
      this.head.clear();
      rest = bytes.subarray(end);
      if (head.status === 101) {
        this.switchProtocol(head, rest);
        return;
      }
      if (head.status >= 200) {
        this.beginBody(head, rest);
        return;
      }
      if (++this.informational > VHOST_LIMITS.maxInformational) throw new HttpError('bad_first_line');
      this.reader?.onInformational(head);
      if (rest.length === 0) return;
    }
  }

  private beginBody(head: ResponseHead, rest: Buffer): void {
    if (!head.keepAlive) this.keepAlive = false;
    const framer = new BodyFramer(head.framing, this.decodes);
    this.framer = framer;
    this.reader?.onHead(head);
    // Whoever is told of the head may have gone.
    if (this.reader === undefined) return;
    if (framer.isDone || rest.length > 0) this.readBody(framer, rest, undefined);
  }

  private readBody(framer: BodyFramer, chunk: Buffer, lease: Lease | undefined): void {
    const { length } = chunk;
    const read = framer.push(chunk, lease, this);
    if (!framer.isDone || this.reader === undefined) return;
    // More than an answer: the next one would be taken for the answer to somebody else's question.
    if (read < length) this.keepAlive = false;
    this.endResponse(framer);
  }

  private switchProtocol(head: ResponseHead, rest: Buffer): void {
    const { reader, stream } = this;
    this.reader = undefined;
    this.isGone = true;
    stream.pause();
    stream.unshift(rest);
    reader?.onSwitch(head);
  }

  private endResponse({ trailers }: BodyFramer): void {
    const { reader } = this;
    this.reader = undefined;
    this.framer = undefined;
    this.resume();
    reader?.onResponseEnd(trailers);
  }

  private fail(): void {
    const { reader } = this;
    this.destroy();
    reader?.onBackendFailure();
  }

  private leave(): void {
    if (!this.isGone) this.destroy();
    this.pool.dropIdle(this);
  }
}

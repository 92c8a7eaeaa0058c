import type { ByteStream, Lease } from '@tollgate/stream-kit';
import { VHOST_LIMITS } from '../limits';
import { BodyFramer, type BodySink } from './body-framer';
import { HeadReader } from './head-reader';
import { HeldBytes } from './held-bytes';
import { HttpError } from './http-error';
import { type RequestHead, parseRequestHead } from './request-head';

/** Who answers the requests of a connection. What is called here may call the reader. */
export interface RequestTaker extends BodySink {
  /** Whether the next request has to wait for the user to take what was written. */
  readonly isBlocked: boolean;
  /** The first bytes of a head are there. */
  requestBegins(): void;
  /** The head is there; the body, if it has any, follows by {@link BodySink.passBody}. */
  takeRequest(request: RequestHead): void;
  /** The request's body is complete. Not called for a request without one. */
  endRequest(): void;
  /** What came can't be understood. Nothing is read after that. */
  refuse(error: HttpError): void;
}

/**
 * `head`: between requests, or in the middle of a head; `body`: in the middle of a request's body; `complete`: the request is, and the next
 * one waits for {@link RequestReader.next}; `stopped`: what comes is dropped.
 */
type State = 'head' | 'body' | 'complete' | 'stopped';

const CR = 0x0d;
const LF = 0x0a;
const NOTHING = Buffer.alloc(0);
const RETURN = Buffer.of(CR);

/** Reads the requests of a user's connection of HTTP/1, one after the other. What comes before its turn waits. */
export class RequestReader {
  private state: State = 'head';
  private readonly head = new HeadReader();
  private readonly held = new HeldBytes();
  private current: RequestHead | undefined;
  private framer: BodyFramer | undefined;
  private isProcessing = false;
  /** Between requests the first half of an empty line has come. */
  private hasReturn = false;

  /** @param stream is paused while as much is held as may be, and resumed */
  constructor(
    private readonly stream: ByteStream,
    private readonly taker: RequestTaker,
  ) {}

  /** The request that is being read, or was read last. */
  get request(): RequestHead | undefined {
    return this.current;
  }

  get isInHead(): boolean {
    return this.head.isPartial;
  }

  get isInBody(): boolean {
    return this.state === 'body';
  }

  get isComplete(): boolean {
    return this.state === 'complete';
  }

  /** Whether the rest of a request that is answered already is worth reading for the sake of the connection. */
  get mayDrain(): boolean {
    const { current, state } = this;
    if (state !== 'body') return true;
    if (current?.framing.kind !== 'length' || current.expectsContinue) return false;
    return current.framing.bytes <= VHOST_LIMITS.maxPipelinedBytes;
  }

  push(chunk: Buffer, lease?: Lease): void {
    this.isProcessing = true;
    try {
      let rest = chunk;
      while (rest.length > 0) rest = this.step(rest, rest === chunk ? lease : undefined);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.taker.refuse(error);
    } finally {
      this.isProcessing = false;
    }
  }

  /** Goes on to the next request. */
  next(): void {
    this.state = 'head';
    this.readHeld();
  }

  /** Reads what was held, when it is its turn. */
  readHeld(): void {
    if (this.state !== 'head' || this.taker.isBlocked || this.isProcessing) return;
    this.push(this.held.take());
    if (!this.held.isFull) this.stream.resume();
  }

  /** @returns what was held */
  stop(): Buffer {
    this.state = 'stopped';
    this.head.clear();
    return this.held.take();
  }

  /** @returns what is left of the chunk */
  private step(chunk: Buffer, lease: Lease | undefined): Buffer {
    switch (this.state) {
      case 'head':
        if (!this.taker.isBlocked) return this.readHead(chunk);
        this.hold(chunk);
        return NOTHING;
      case 'body':
        return this.readBody(chunk, lease);
      case 'complete':
        this.hold(chunk);
        return NOTHING;
      case 'stopped':
        lease?.release();
        return NOTHING;
    }
  }

  private readHead(chunk: Buffer): Buffer {
    const { head, taker } = this;
    let rest = chunk;
    if (!head.isPartial) {
      rest = this.withoutEmptyLines(chunk);
      if (rest.length === 0) return NOTHING;
      taker.requestBegins();
    }
    const end = head.push(rest);
    if (end === -1) return NOTHING;
    const { bytes } = head;
    head.clear();
    // So that nothing of the one before is in the answer to what can't be read.
    this.current = undefined;
    const request = parseRequestHead(bytes, end);
    this.current = request;
    this.framer = new BodyFramer(request.framing, false);
    this.state = this.framer.isDone ? 'complete' : 'body';
    taker.takeRequest(request);
    return bytes.length === end ? NOTHING : bytes.subarray(end);
  }

  /** Some send an empty line behind a body (RFC 9112, section 2.2). */
  private withoutEmptyLines(chunk: Buffer): Buffer {
    const bytes = this.hasReturn ? Buffer.concat([RETURN, chunk]) : chunk;
    let start = 0;
    while (bytes[start] === CR && bytes[start + 1] === LF) start += 2;
    this.hasReturn = start === bytes.length - 1 && bytes[start] === CR;
    if (this.hasReturn) return NOTHING;
    return start === 0 ? bytes : bytes.subarray(start);
  }

  private readBody(chunk: Buffer, lease: Lease | undefined): Buffer {
    const { framer } = this;
    if (framer === undefined) return NOTHING;
    // The chunk may be gone once all of it was handed on with its lease.
    const { length } = chunk;
    const read = framer.push(chunk, lease, this.taker);
    // Whoever takes the body may have stopped us.
    if (framer.isDone && this.isInBody) {
      this.state = 'complete';
      this.taker.endRequest();
    }
    return read === length ? NOTHING : chunk.subarray(read);
  }

  private hold(chunk: Buffer): void {
    this.held.push(chunk);
    if (this.held.isFull || this.taker.isBlocked) this.stream.pause();
  }
}

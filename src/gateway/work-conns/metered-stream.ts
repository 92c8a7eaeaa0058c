import {
  type BucketWaiter,
  type ByteReader,
  type ByteStream,
  InboundStream,
  type Lease,
  type TokenBucket,
} from '@tollgate/stream-kit';
import type { TrafficCounter } from '../traffic/traffic-counter';

/** What a connection to a service needs of the proxy that it belongs to. */
export interface MeteredStreamHost {
  readonly counter: TrafficCounter;
  readonly bucket: TokenBucket | undefined;
  /** It is closed. */
  left(stream: MeteredStream): void;
}

/** One direction of a stream that waits for tokens. */
class Held implements BucketWaiter {
  expectedBytes = 0;
  isWaiting = false;

  constructor(
    private readonly goOn: () => void,
    private readonly stream: MeteredStream,
  ) {}

  tokensAvailable(): void {
    this.isWaiting = false;
    this.goOn();
  }

  fail(error: Error): void {
    this.stream.destroy(error);
  }
}

/** A connection to a service on which users' requests follow one another: counted, and held to the proxy's rate. */
export class MeteredStream extends InboundStream implements ByteReader {
  private readonly inward: Held | undefined;
  private readonly outward: Held | undefined;
  private wasCut = false;

  /** @param inner is the stream's own from now on */
  constructor(
    private readonly inner: ByteStream,
    private readonly host: MeteredStreamHost,
  ) {
    super();
    host.counter.connections += 1;
    if (host.bucket !== undefined) {
      this.inward = new Held(() => {
        this.tellDrain();
      }, this);
      this.outward = new Held(() => {
        if (!this.holdsBack()) inner.resume();
      }, this);
    }
    inner.pause();
    inner.attach(this);
  }

  get queuedBytes(): number {
    return this.inner.queuedBytes;
  }

  override write(chunk: Buffer, lease?: Lease): boolean {
    if (this.isClosed) {
      lease?.release();
      return true;
    }
    // The chunk may be gone once it was handed on with its lease.
    const { length } = chunk;
    this.host.counter.inBytes += length;
    const isReady = this.inner.write(chunk, lease);
    return this.take(this.inward, length) && isReady;
  }

  override end(): void {
    this.inner.end();
  }

  override destroy(error?: Error): void {
    if (this.isClosed) return;
    this.wasCut = true;
    this.silence();
    this.inner.destroy(error);
  }

  /** For the stream beneath. */
  onData(chunk: Buffer, lease?: Lease): void {
    this.host.counter.outBytes += chunk.length;
    if (!this.take(this.outward, chunk.length)) this.inner.pause();
    this.receive(chunk, lease);
  }

  /** For the stream beneath. */
  onEnd(): void {
    this.receiveEnd();
  }

  /** For the stream beneath. */
  onDrain(): void {
    if (this.inward?.isWaiting !== true) this.tellDrain();
  }

  /** For the stream beneath. */
  onClose(error?: Error): void {
    const { bucket, counter } = this.host;
    for (const held of [this.inward, this.outward]) if (held !== undefined) bucket?.leave(held);
    counter.connections -= 1;
    this.host.left(this);
    this.receiveClose(error, error !== undefined || this.wasCut);
  }

  protected override stopSource(): void {
    this.inner.pause();
  }

  protected override startSource(): void {
    if (this.outward?.isWaiting !== true) this.inner.resume();
  }

  /** @returns `false` when the direction has to wait from now on */
  private take(held: Held | undefined, bytes: number): boolean {
    const { bucket } = this.host;
    if (held === undefined || bucket === undefined || bucket.take(bytes)) return true;
    if (!held.isWaiting) {
      held.isWaiting = true;
      held.expectedBytes = bytes;
      bucket.wait(held);
    }
    return false;
  }
}

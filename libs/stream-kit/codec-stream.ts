import type { ByteReader, ByteStream, Lease } from './byte-stream';
import { leaseOfOwnMemory } from './detached-memory';
import { InboundStream } from './inbound-stream';

/** Turns bytes into other bytes as they come, in one direction of a stream: a cipher, say. */
export interface ByteTransform {
  /**
   * @returns what `chunk` completes, which may be nothing. Nobody else has its memory, neither `chunk` nor anything that is kept, and
   * no addon has lent it: it is given back as soon as the bytes have gone.
   * @throws Error when the bytes can't be what they should be; nothing is asked of the transform after that
   */
  update(chunk: Buffer): Buffer | readonly Buffer[];
  /**
   * The source has ended.
   * @throws Error when it must not end here
   */
  finish?(): void;
}

/** What a codec does to what is written and to what comes. */
export interface Codec {
  readonly encoder: ByteTransform;
  readonly decoder: ByteTransform;
}

/** A {@link ByteStream} whose bytes are encoded on another one. What can't be decoded cuts both. */
export class CodecStream extends InboundStream implements ByteReader {
  private readonly encoder: ByteTransform;
  private readonly decoder: ByteTransform;
  private failure: Error | undefined;

  /** @param inner is the codec's own from then on */
  constructor(
    private readonly inner: ByteStream,
    { encoder, decoder }: Codec,
  ) {
    super();
    this.encoder = encoder;
    this.decoder = decoder;
    inner.pause();
    inner.attach(this);
  }

  /** Encoded bytes: what was written is encoded at once. */
  get queuedBytes(): number {
    return this.inner.queuedBytes;
  }

  override write(chunk: Buffer, lease?: Lease): boolean {
    if (this.isClosed || chunk.length === 0) {
      lease?.release();
      return true;
    }
    const encoded = this.transform(this.encoder, chunk);
    lease?.release();
    if (encoded === undefined) return true;
    if (Buffer.isBuffer(encoded)) return this.inner.write(encoded, leaseOfOwnMemory(encoded));
    let isReady = true;
    for (const each of encoded) isReady = this.inner.write(each, leaseOfOwnMemory(each));
    return isReady;
  }

  override end(): void {
    this.inner.end();
  }

  override destroy(error?: Error): void {
    if (this.isClosed) return;
    this.failure = error;
    this.silence();
    this.inner.destroy(error);
  }

  /** For the stream beneath. */
  onData(chunk: Buffer, lease?: Lease): void {
    const decoded = this.isClosed ? undefined : this.transform(this.decoder, chunk);
    lease?.release();
    if (decoded === undefined) return;
    if (Buffer.isBuffer(decoded)) {
      this.receive(decoded, leaseOfOwnMemory(decoded));
    } else {
      for (const each of decoded) this.receive(each, leaseOfOwnMemory(each));
    }
  }

  /** For the stream beneath. */
  onEnd(): void {
    if (this.isClosed) return;
    try {
      this.decoder.finish?.();
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    this.receiveEnd();
  }

  /** For the stream beneath. */
  onDrain(): void {
    this.tellDrain();
  }

  /** For the stream beneath. */
  onClose(error?: Error): void {
    const reason = this.failure ?? error;
    this.receiveClose(reason, this.isClosed || reason !== undefined);
  }

  protected override stopSource(): void {
    this.inner.pause();
  }

  protected override startSource(): void {
    this.inner.resume();
  }

  private transform(transform: ByteTransform, chunk: Buffer): Buffer | readonly Buffer[] | undefined {
    try {
      return transform.update(chunk);
    } catch (error) {
      this.destroy(error as Error);
      return undefined;
    }
  }
}

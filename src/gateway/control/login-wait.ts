import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';

/** Most that may come behind a login that is not answered yet, in bytes: frpc says nothing before it is. */
const MAX_EARLY_BYTES = 16_384;

/**
 * Reads a stream while it is found out whose login came on it: a stream that is left alone would gather as much as its window allows,
 * and thousands of strangers may wait at a time.
 */
export class LoginWait implements ByteReader {
  private early: Buffer[] = [];
  private bytes = 0;

  /** Attaches itself. @param stream paused */
  constructor(private readonly stream: ByteStream) {
    stream.attach(this);
    stream.resume();
  }

  /** Hands the stream on: paused, with all that has come still in it. */
  end(): void {
    this.stream.pause();
    if (this.bytes > 0) this.stream.unshift(Buffer.concat(this.early));
    this.early = [];
  }

  onData(chunk: Buffer, lease?: Lease): void {
    this.bytes += chunk.length;
    if (this.bytes > MAX_EARLY_BYTES) {
      this.early = [];
      this.bytes = 0;
      this.stream.destroy();
    } else this.early.push(Buffer.from(chunk));
    lease?.release();
  }

  onEnd(): void {
    // Told again to whoever reads next.
  }

  onDrain(): void {
    // Nothing is written meanwhile.
  }

  onClose(): void {
    // Seen by whoever waits.
  }
}

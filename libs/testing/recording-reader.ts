import { createHash } from 'node:crypto';
import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';

/** A {@link ByteReader} that notes what it is told, in order. */
export class RecordingReader implements ByteReader {
  /** `data` stands for any number of chunks in a row. */
  readonly events: string[] = [];
  /** What has come, unless only the hash is kept. */
  readonly chunks: Buffer[] = [];
  error: Error | undefined;
  byteCount = 0;
  private readonly hash = createHash('sha256');
  private readonly waiting: { readonly event: string; readonly resolve: () => void }[] = [];

  /** @param keeps whether the bytes are kept, or only counted and hashed */
  constructor(private readonly keeps = true) {}

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Of all bytes that have come; to be asked for once. */
  sha256(): string {
    return this.hash.digest('hex');
  }

  /** Resolves when `end`, `drain` or `close` has been told, or has been before. */
  async told(event: 'data' | 'end' | 'drain' | 'close'): Promise<void> {
    if (this.events.includes(event)) return;
    await new Promise<void>((resolve) => {
      this.waiting.push({ event, resolve });
    });
  }

  onData(chunk: Buffer, lease?: Lease): void {
    this.byteCount += chunk.length;
    this.hash.update(chunk);
    // A copy: what is leased is read over once it is released.
    if (this.keeps) this.chunks.push(Buffer.from(chunk));
    lease?.release();
    if (this.events.at(-1) !== 'data') this.note('data');
  }

  onEnd(): void {
    this.note('end');
  }

  onDrain(): void {
    this.note('drain');
  }

  onClose(error?: Error): void {
    this.error = error;
    this.note('close');
  }

  private note(event: string): void {
    this.events.push(event);
    for (const each of this.waiting) if (each.event === event) each.resolve();
  }
}

/** Attaches a {@link RecordingReader}. */
export function record(stream: ByteStream, keeps = true): RecordingReader {
  const reader = new RecordingReader(keeps);
  stream.attach(reader);
  return reader;
}

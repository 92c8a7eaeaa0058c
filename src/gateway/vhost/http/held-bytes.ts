import { VHOST_LIMITS } from '../limits';

const NOTHING: Buffer = Buffer.alloc(0);

/** Requests that came before their turn. */
export class HeldBytes {
  private chunks: Buffer[] = [];
  private bytes = 0;

  /** Whether no more should be read meanwhile. */
  get isFull(): boolean {
    return this.bytes >= VHOST_LIMITS.maxPipelinedBytes;
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
  }

  /** @returns all of them, which are forgotten */
  take(): Buffer {
    const { chunks } = this;
    const [first = NOTHING] = chunks;
    if (chunks.length === 0) return first;
    this.chunks = [];
    this.bytes = 0;
    return chunks.length === 1 ? first : Buffer.concat(chunks);
  }
}

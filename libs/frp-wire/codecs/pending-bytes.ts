const EMPTY = Buffer.alloc(0);
const FIRST_STORE_BYTES = 256;

/**
 * Bytes that have come and can't be used yet. A chunk that is used up at once isn't copied; what is left over is, into a store that
 * doubles, so that bytes arriving one by one cost linear time and what little is left of a large chunk doesn't keep it alive.
 */
export class PendingBytes {
  private buffer: Buffer = EMPTY;
  private start = 0;
  private end = 0;
  /** Whether `buffer` is ours to write to. */
  private owned = false;

  get length(): number {
    return this.end - this.start;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.length > 0) {
      this.reserve(chunk.length);
      chunk.copy(this.buffer, this.end);
      this.end += chunk.length;
    } else {
      this.buffer = chunk;
      this.start = 0;
      this.end = chunk.length;
      this.owned = false;
    }
  }

  /** The byte at `offset`, which must be there. */
  byteAt(offset: number): number {
    return this.buffer[this.start + offset] ?? 0;
  }

  uint16At(offset: number): number {
    return this.buffer.readUInt16BE(this.start + offset);
  }

  uint32At(offset: number): number {
    return this.buffer.readUInt32BE(this.start + offset);
  }

  /** A view, good until the next push. */
  view(from: number, to: number): Buffer {
    return this.buffer.subarray(this.start + from, this.start + to);
  }

  consume(bytes: number): void {
    this.start += bytes;
    if (this.start === this.end) this.clear();
  }

  /** Lets go of the chunk pushed last: what is left of it is copied. */
  settle(): void {
    if (!this.owned && this.length > 0) this.reserve(0);
  }

  /** All that is there: a view of the chunk pushed last, or of a store that is given away with it. */
  takeAll(): Buffer {
    const all = this.view(0, this.length);
    this.clear();
    return all;
  }

  clear(): void {
    this.buffer = EMPTY;
    this.start = 0;
    this.end = 0;
    this.owned = false;
  }

  private reserve(more: number): void {
    const { length } = this;
    if (this.owned && this.end + more <= this.buffer.length) return;
    // Moving within the store pays only when that makes room for as much again; else bytes would be moved for each byte that comes.
    const moves = this.owned && 2 * (length + more) <= this.buffer.length;
    const target = moves ? this.buffer : Buffer.allocUnsafe(storeBytes(length + more));
    this.buffer.copy(target, 0, this.start, this.end);
    this.buffer = target;
    this.start = 0;
    this.end = length;
    this.owned = true;
  }
}

function storeBytes(needed: number): number {
  let bytes = FIRST_STORE_BYTES;
  while (bytes < needed) bytes *= 2;
  return bytes;
}

import type { Lease } from '@tollgate/stream-kit';
import { SharedLease } from './shared-lease';

/** Bytes that wait, and the lease that covers them. */
export interface QueuedChunk {
  readonly chunk: Buffer;
  readonly lease: Lease | undefined;
}

interface Node {
  chunk: Buffer;
  lease: Lease | undefined;
  /** The same as `lease`, once a part of the chunk has been taken. */
  shared: SharedLease | undefined;
  next: Node | undefined;
}

const MIN_BLOCK_BYTES = 512;
const MAX_BLOCK_BYTES = 16_384;

/**
 * Bytes in order that have to wait. Views are kept as they are, but for those that are small within their memory: these are copied
 * together, or a peer that sends a byte now and then would have us keep a whole read for each.
 */
export class ChunkQueue {
  /** Bytes in the queue. */
  bytes = 0;
  private head: Node | undefined;
  private tail: Node | undefined;
  /** The memory that the last node lies in when it is a copy, which further ones may be added to. */
  private block: Buffer | undefined;

  /** @param maxMemoryFactor by how much the memory that a view keeps may be larger than the view itself */
  constructor(private readonly maxMemoryFactor: number) {}

  /** @param lease released when the bytes were copied, else when every part of them that was taken has been */
  push(chunk: Buffer, lease: Lease | undefined): void {
    this.bytes += chunk.length;
    if (chunk.length * this.maxMemoryFactor >= chunk.buffer.byteLength) {
      this.block = undefined;
      this.append(chunk, lease);
    } else {
      this.copy(chunk);
      lease?.release();
    }
  }

  unshift(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.head = { chunk, lease: undefined, shared: undefined, next: this.head };
    this.tail ??= this.head;
  }

  /**
   * Takes what is next, `maxBytes` of it at most.
   * @returns a lease with it, to be released when these bytes are done with: parts of a chunk may be in any order, as short ones are
   * copied while longer ones still wait to be sent
   */
  take(maxBytes: number): QueuedChunk | undefined {
    const node = this.head;
    if (node === undefined) return undefined;
    const { chunk } = node;
    if (chunk.length > maxBytes) {
      node.chunk = chunk.subarray(maxBytes);
      this.bytes -= maxBytes;
      return { chunk: chunk.subarray(0, maxBytes), lease: this.shareLease(node) };
    }
    this.bytes -= chunk.length;
    this.head = node.next;
    if (this.head === undefined) this.tail = this.block = undefined;
    return node;
  }

  /** Drops everything. */
  clear(): void {
    for (let node = this.head; node !== undefined; node = node.next) node.lease?.release();
    this.head = this.tail = this.block = undefined;
    this.bytes = 0;
  }

  private shareLease(node: Node): Lease | undefined {
    if (node.lease === undefined) return undefined;
    node.lease = node.shared ??= new SharedLease(node.lease);
    return node.shared.share();
  }

  private append(chunk: Buffer, lease: Lease | undefined): void {
    const node: Node = { chunk, lease, shared: undefined, next: undefined };
    if (this.tail === undefined) this.head = node;
    else this.tail.next = node;
    this.tail = node;
  }

  private copy(chunk: Buffer): void {
    const { tail, block } = this;
    if (tail !== undefined && block !== undefined) {
      const used = tail.chunk.byteOffset - block.byteOffset + tail.chunk.length;
      if (used + chunk.length <= block.length) {
        chunk.copy(block, used);
        tail.chunk = block.subarray(tail.chunk.byteOffset - block.byteOffset, used + chunk.length);
        return;
      }
    }
    // As large as what waits already: few blocks for much, and little memory for little.
    const size = Math.max(chunk.length, Math.min(MAX_BLOCK_BYTES, Math.max(MIN_BLOCK_BYTES, this.bytes)));
    const fresh = Buffer.allocUnsafeSlow(size);
    chunk.copy(fresh);
    this.append(fresh.subarray(0, chunk.length), undefined);
    this.block = fresh;
  }
}

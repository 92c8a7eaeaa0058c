import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Lease } from './byte-stream';

/** Below it the memory may be a part of Node's pool, and to give it back would cost more than to leave it to the collector. */
const MIN_BYTES = 4096;
/** What a cipher may have left unused of it. */
const MAX_UNUSED_BYTES = 64;

/** Whatever is moved to a port that is closed is gone. */
let closedPort: MessagePort | undefined;

class DetachingLease implements Lease {
  constructor(private readonly memory: ArrayBuffer) {}

  release(): void {
    detach(this.memory);
  }
}

/**
 * The lease of bytes whose memory is nobody else's: released, the memory is free at once.
 *
 * Left to the garbage collector it would wait for it, and make it run: V8 begins a full collection whenever so much memory outside of its
 * heap came up since the last one, ten times a second at the speed that a cipher brings it. That took as much CPU as the cipher.
 *
 * @param bytes after the release they are empty
 * @returns `undefined` for what is left to the collector: a few bytes, and what may share its memory
 */
export function leaseOfOwnMemory(bytes: Buffer): Lease | undefined {
  const { buffer, length } = bytes;
  if (length < MIN_BYTES || buffer.byteLength - length > MAX_UNUSED_BYTES) return undefined;
  return buffer instanceof ArrayBuffer ? new DetachingLease(buffer) : undefined;
}

/** Uninitialised memory, which is nobody else's where a lease of it can save something. */
export function allocateOwnMemory(bytes: number): Buffer {
  return bytes < MIN_BYTES ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes);
}

/** By public means that every Node has; `ArrayBuffer.prototype.transfer` came with Node 21. */
function detach(memory: ArrayBuffer): void {
  closedPort ??= makeClosedPort();
  closedPort.postMessage(undefined, [memory]);
}

function makeClosedPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  port2.close();
  port1.close();
  return port1;
}

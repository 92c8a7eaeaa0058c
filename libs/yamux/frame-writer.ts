import type { ByteStream, Lease } from '@tollgate/stream-kit';
import { Flag, FrameType, HEADER_BYTES } from './constants';
import { writeHeader } from './frame';
import { headerBlocks } from './header-blocks';
import type { YamuxLimits } from './limits';

/**
 * Puts frames onto the transport. Headers, and payload so short that copying it is cheaper, are gathered and written as one view;
 * longer payload is written as it is, behind its header in the same turn, so that the transport sends both with one call.
 *
 * While it is corked, what is gathered waits for {@link uncork} or for a longer payload.
 */
export class FrameWriter {
  private isFull = false;
  private isShut = false;
  private corks = 0;
  /** What is gathered: `block` from `start` to `end`. */
  private block: Buffer;
  private start = 0;
  private end = 0;

  /** @param onFlood called when control frames pile up in the transport beyond `maxTransportQueueBytes` */
  constructor(
    private readonly transport: ByteStream,
    private readonly limits: YamuxLimits,
    private readonly onFlood: () => void,
  ) {
    this.block = headerBlocks.current;
  }

  /** Whether data may be written: not while the transport has enough. Control frames are written all the same. */
  takesData(): boolean {
    return !this.isFull;
  }

  /** The transport takes more. */
  drained(): void {
    if (!this.isShut) this.isFull = false;
  }

  /** Writes what is gathered, and nothing from then on. */
  shut(): void {
    this.flush();
    this.isShut = true;
    this.isFull = true;
  }

  cork(): void {
    this.corks++;
  }

  /** Ends what {@link cork} began. */
  uncork(): void {
    if (--this.corks === 0) this.flush();
  }

  /** Writes a frame without payload. */
  control(type: FrameType, flags: number, streamId: number, length: number): void {
    if (this.isShut) return;
    this.header(type, flags, streamId, length);
    if (this.corks === 0) this.flush();
  }

  /** Begins a data frame of `length` bytes, which have to follow by {@link payload} before anything else, corked. */
  data(streamId: number, length: number): void {
    this.header(FrameType.data, Flag.none, streamId, length);
  }

  /** @param lease released when the bytes have gone */
  payload(chunk: Buffer, lease: Lease | undefined): void {
    const { length } = chunk;
    if (length < this.limits.copyBelowBytes) {
      const offset = this.gather(length);
      // Half the cost of `copy`, which is a call into Node's own code.
      this.block.set(chunk, offset);
      lease?.release();
      return;
    }
    this.flush();
    if (!this.transport.write(chunk, lease)) this.isFull = true;
  }

  /** Writes what is gathered. */
  flush(): void {
    const { start, end } = this;
    if (start === end) return;
    this.start = end;
    if (this.isShut) return;
    if (this.isFull && this.transport.queuedBytes + end - start > this.limits.maxTransportQueueBytes) {
      this.onFlood();
      return;
    }
    if (!this.transport.write(this.block.subarray(start, end))) this.isFull = true;
  }

  private header(type: FrameType, flags: number, streamId: number, length: number): void {
    const offset = this.gather(HEADER_BYTES);
    writeHeader(this.block, offset, type, flags, streamId, length);
  }

  /** @returns where in `block` the `bytes` go */
  private gather(bytes: number): number {
    const offset = headerBlocks.cut(bytes);
    // Another session may have cut from the block meanwhile, or a new block may have been begun.
    if (offset !== this.end || headerBlocks.current !== this.block) {
      this.flush();
      this.block = headerBlocks.current;
      this.start = offset;
    }
    this.end = offset + bytes;
    return offset;
  }
}

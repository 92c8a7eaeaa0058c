import type { Lease } from '@tollgate/stream-kit';
import { FrameType, HEADER_BYTES, PROTOCOL_VERSION } from './constants';
import { isFrameType, readFlags, readLength, readStreamId } from './frame';
import { SharedLease } from './shared-lease';
import { YamuxError } from './yamux-error';

/** Whoever is told what comes out of a {@link FrameDecoder}. It may throw a {@link YamuxError} from any of these. */
export interface FrameReceiver {
  /**
   * A header has come. For data, `onPayload` and then `onDataEnd` follow; for other types nothing does.
   * @param length bytes of payload, window added, id of a ping or reason, by `type`
   */
  onFrame(type: FrameType, flags: number, streamId: number, length: number): void;
  /**
   * A part of a data frame's payload: a view of the chunk that it came in, never empty.
   * @param lease to be released when the part is done with
   */
  onPayload(part: Buffer, lease: Lease | undefined): void;
  /** The payload of a data frame has come to its end. */
  onDataEnd(): void;
}

/**
 * Takes frames apart as they come. Payload is passed on as it arrives, since a single frame may be as long as the window: so nothing
 * but an incomplete header is ever kept.
 *
 * State: `missing` bytes of the payload of a data frame, or, at 0, within a header of which `collected` bytes have come.
 */
export class FrameDecoder {
  /** Frames that have begun; its owner may set it back. */
  frames = 0;
  private readonly header = Buffer.allocUnsafeSlow(HEADER_BYTES);
  private collected = 0;
  private missing = 0;
  private isStopped = false;

  constructor(private readonly receiver: FrameReceiver) {}

  /**
   * @param chunk the bytes that came next; the decoder hands out views of it
   * @param lease covers `chunk`; released when every view of it has been
   * @throws YamuxError `invalid_version` or `invalid_type`, or what the receiver throws; the decoder is of no use afterwards
   */
  push(chunk: Buffer, lease?: Lease): void {
    const end = chunk.length;
    let offset = 0;
    let left = lease;
    let shared: SharedLease | undefined;
    while (offset < end && !this.isStopped) {
      if (this.missing === 0) {
        offset = this.takeHeader(chunk, offset);
        continue;
      }
      const next = Math.min(end, offset + this.missing);
      let partLease: Lease | undefined;
      if (left !== undefined && shared === undefined && next === end) {
        // The only payload of this chunk takes the lease as it is: the usual case, as frpc sends headers on their own.
        partLease = left;
        left = undefined;
      } else if (left !== undefined) {
        shared ??= new SharedLease(left);
        partLease = shared.share();
      }
      this.missing -= next - offset;
      const part = offset === 0 && next === end ? chunk : chunk.subarray(offset, next);
      offset = next;
      this.receiver.onPayload(part, partLease);
      if (this.missing === 0) this.receiver.onDataEnd();
    }
    if (shared !== undefined) shared.release();
    else left?.release();
  }

  /** Nothing is handed out any more, not even of the chunk that is being taken apart. */
  stop(): void {
    this.isStopped = true;
  }

  /** @returns the offset behind what it took */
  private takeHeader(chunk: Buffer, offset: number): number {
    if (this.collected === 0 && chunk.length - offset >= HEADER_BYTES) {
      this.handOut(chunk, offset);
      return offset + HEADER_BYTES;
    }
    const taken = Math.min(HEADER_BYTES - this.collected, chunk.length - offset);
    chunk.copy(this.header, this.collected, offset, offset + taken);
    this.collected += taken;
    if (this.collected === HEADER_BYTES) {
      this.collected = 0;
      this.handOut(this.header, 0);
    }
    return offset + taken;
  }

  private handOut(source: Buffer, offset: number): void {
    const version = source[offset];
    if (version !== PROTOCOL_VERSION) throw new YamuxError('invalid_version', `version ${String(version)}`);
    const type = source[offset + 1];
    if (!isFrameType(type)) throw new YamuxError('invalid_type', `frame type ${String(type)}`);
    const length = readLength(source, offset);
    if (type === FrameType.data) this.missing = length;
    this.frames++;
    this.receiver.onFrame(type, readFlags(source, offset), readStreamId(source, offset), length);
    if (type === FrameType.data && length === 0 && !this.isStopped) this.receiver.onDataEnd();
  }
}

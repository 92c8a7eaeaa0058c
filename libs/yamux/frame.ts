import { FrameType, HEADER_BYTES, PROTOCOL_VERSION } from './constants';

/**
 * Writes a header of {@link HEADER_BYTES} into `target`. By bytes: several times as fast as Node's `writeUInt32BE`.
 * @param length bytes of payload, window added, id of a ping or reason, by `type`; 32 bits, unsigned
 */
export function writeHeader(
  target: Buffer,
  offset: number,
  type: FrameType,
  flags: number,
  streamId: number,
  length: number,
): void {
  target[offset] = PROTOCOL_VERSION;
  target[offset + 1] = type;
  target[offset + 2] = flags >>> 8;
  target[offset + 3] = flags;
  target[offset + 4] = streamId >>> 24;
  target[offset + 5] = streamId >>> 16;
  target[offset + 6] = streamId >>> 8;
  target[offset + 7] = streamId;
  target[offset + 8] = length >>> 24;
  target[offset + 9] = length >>> 16;
  target[offset + 10] = length >>> 8;
  target[offset + 11] = length;
}

/** A frame of nothing but its header, in memory of its own. */
export function encodeHeader(type: FrameType, flags: number, streamId: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  writeHeader(header, 0, type, flags, streamId, length);
  return header;
}

/** The flags of the header at `offset`, which must lie within `source`. */
export function readFlags(source: Buffer, offset: number): number {
  return (byteAt(source, offset + 2) << 8) | byteAt(source, offset + 3);
}

/** The stream id of the header at `offset`. */
export function readStreamId(source: Buffer, offset: number): number {
  return readUint32(source, offset + 4);
}

/** The length field of the header at `offset`. */
export function readLength(source: Buffer, offset: number): number {
  return readUint32(source, offset + 8);
}

/** Whether `type` is one that {@link FrameType} has. */
export function isFrameType(type: number | undefined): type is FrameType {
  return type !== undefined && type <= FrameType.goAway;
}

function readUint32(source: Buffer, offset: number): number {
  return (
    ((byteAt(source, offset) << 24) |
      (byteAt(source, offset + 1) << 16) |
      (byteAt(source, offset + 2) << 8) |
      byteAt(source, offset + 3)) >>>
    0
  );
}

/** The caller has looked that there is a byte. */
function byteAt(source: Buffer, offset: number): number {
  return source[offset] as number;
}

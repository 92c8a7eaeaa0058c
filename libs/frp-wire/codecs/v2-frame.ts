import { MAX_V2_PAYLOAD_BYTES } from '../limits';
import { WireError } from '../wire-error';
import type { PendingBytes } from './pending-bytes';

/** What every logical stream of a v2 client begins with: `FRP\0\x02\r\n`. */
export const V2_MAGIC = Buffer.from('46525000020d0a', 'hex');

export const FrameType = { clientHello: 1, serverHello: 2, message: 16 } as const;

/** Type and flags as uint16, length of the payload as uint32, all big-endian (frp `pkg/proto/wire/wire.go`). */
export const FRAME_HEADER_BYTES = 8;

export interface FrameHeader {
  readonly type: number;
  readonly payloadBytes: number;
}

/**
 * Reads the header in front of `pending` and leaves it there.
 * @returns `undefined` until it is whole
 * @throws WireError `bad_frame` for flags, which nobody has given a meaning; `message_too_long`
 */
export function peekFrameHeader(pending: PendingBytes): FrameHeader | undefined {
  if (pending.length < FRAME_HEADER_BYTES) return undefined;
  const header = { type: pending.uint16At(0), payloadBytes: pending.uint32At(4) };
  if (pending.uint16At(2) !== 0) throw new WireError('bad_frame', 'the frame has flags');
  if (header.payloadBytes > MAX_V2_PAYLOAD_BYTES) throw tooLong();
  return header;
}

function tooLong(): WireError {
  return new WireError('message_too_long', `the payload is longer than ${String(MAX_V2_PAYLOAD_BYTES)} bytes`);
}

export function unexpectedFrame(type: number): WireError {
  return new WireError('bad_frame', `a frame of type ${String(type)} has no place here`);
}

/**
 * The header of a frame, with room for the payload behind it.
 * @throws WireError `message_too_long`
 */
export function startFrame(type: number, payloadBytes: number): Buffer {
  if (payloadBytes > MAX_V2_PAYLOAD_BYTES) throw tooLong();
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payloadBytes);
  frame.writeUInt16BE(type, 0);
  frame.writeUInt16BE(0, 2);
  frame.writeUInt32BE(payloadBytes, 4);
  return frame;
}

/**
 * Takes a frame of `type` out of `pending`.
 * @returns a copy of its payload; `undefined` until it is whole, or when another type comes first
 */
export function takePayload(pending: PendingBytes, type: number): Buffer | undefined {
  const header = peekFrameHeader(pending);
  if (header === undefined || header.type !== type) return undefined;
  const end = FRAME_HEADER_BYTES + header.payloadBytes;
  if (pending.length < end) return undefined;
  const payload = Buffer.from(pending.view(FRAME_HEADER_BYTES, end));
  pending.consume(end);
  return payload;
}

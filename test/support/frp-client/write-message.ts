import { type OutgoingMessage, V2_MAGIC, type WireCodec } from '@tollgate/frp-wire';
import type { ByteStream } from '@tollgate/stream-kit';

/** In front of the payload of a v2 frame. */
const FRAME_HEADER_BYTES = 8;

/** A message in the writes that frpc makes of it: in v2 two, each of which is a record of its own where that is enciphered. */
export function writesOf(codec: WireCodec, message: OutgoingMessage): readonly Buffer[] {
  const encoded = codec.encode(message);
  return codec.version === 'v1' ? [encoded] : splitFrame(encoded);
}

export function splitFrame(frame: Buffer): readonly Buffer[] {
  return [frame.subarray(0, FRAME_HEADER_BYTES), frame.subarray(FRAME_HEADER_BYTES)];
}

/** What a logical stream begins with: v2's magic, and the message that gives it its role. */
export function writeOpening(stream: ByteStream, codec: WireCodec, message: OutgoingMessage): void {
  if (codec.version === 'v2') stream.write(V2_MAGIC);
  for (const write of writesOf(codec, message)) stream.write(write);
}

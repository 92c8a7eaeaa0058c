import type { OutgoingMessage } from '../messages/message';
import { encodeV1, V1MessageDecoder } from './v1-codec';
import { encodeV2, V2MessageDecoder } from './v2-codec';
import { V2_MAGIC } from './v2-frame';
import type { MessageDecoder } from './wire-decoder';

export type WireVersion = 'v1' | 'v2';

/** How messages look on one logical stream. A client uses one version for all of its streams. */
export interface WireCodec {
  readonly version: WireVersion;
  /** @throws WireError `message_too_long` for one that the peer would refuse */
  encode(message: OutgoingMessage): Buffer;
  /** For messages; not for v2's magic and hellos in front of the first. */
  decoder(): MessageDecoder;
}

export const v1Codec: WireCodec = { version: 'v1', encode: encodeV1, decoder: () => new V1MessageDecoder() };

export const v2Codec: WireCodec = { version: 'v2', encode: encodeV2, decoder: () => new V2MessageDecoder() };

/**
 * Which version a logical stream of a client speaks: no type byte of v1 is the first of v2's magic.
 * @param firstByte the first that came on it
 */
export function codecOfFirstByte(firstByte: number): WireCodec {
  return firstByte === V2_MAGIC[0] ? v2Codec : v1Codec;
}

/**
 * How the messages on work connections look (UDPPacket, Ping, NatHoleSid): as on the control, except that frpc 0.69.0, and it
 * alone, stays with v1 there.
 * @param clientVersion `version` of its Login
 */
export function codecOnWorkConns(control: WireCodec, clientVersion: string): WireCodec {
  return clientVersion === '0.69.0' ? v1Codec : control;
}

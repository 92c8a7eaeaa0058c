import { MAX_V1_BODY_BYTES } from '../limits';
import { type FrpMessage, findTypeOfV1, type OutgoingMessage } from '../messages/message';
import { decodeBody, encodeBody } from '../messages/message-body';
import { MESSAGES } from '../messages/message-table';
import { WireError } from '../wire-error';
import type { PendingBytes } from './pending-bytes';
import { WireDecoder } from './wire-decoder';

/** Type byte, then the body's length as int64, big-endian (golib `msg/json`). */
const HEADER_BYTES = 9;

/** @throws WireError `message_too_long` for one that frpc would refuse */
export function encodeV1(message: OutgoingMessage): Buffer {
  const body = encodeBody(message);
  const bodyBytes = Buffer.byteLength(body);
  if (bodyBytes > MAX_V1_BODY_BYTES) throw tooLong(message.type);
  const encoded = Buffer.allocUnsafe(HEADER_BYTES + bodyBytes);
  encoded[0] = MESSAGES[message.type].v1Type;
  encoded.writeUInt32BE(0, 1);
  encoded.writeUInt32BE(bodyBytes, 5);
  encoded.write(body, HEADER_BYTES, 'utf8');
  return encoded;
}

function tooLong(what: string): WireError {
  return new WireError('message_too_long', `${what} is longer than ${String(MAX_V1_BODY_BYTES)} bytes`);
}

export class V1MessageDecoder extends WireDecoder<FrpMessage> {
  protected override read(): FrpMessage | undefined {
    return readV1Message(this.pending);
  }
}

/**
 * Takes a message out of `pending`.
 * @returns `undefined` until it is whole
 */
export function readV1Message(pending: PendingBytes): FrpMessage | undefined {
  if (pending.length === 0) return undefined;
  // Known by its first byte: no need to wait for a header of garbage.
  const type = findTypeOfV1(pending.byteAt(0));
  if (type === undefined) throw new WireError('unknown_message', 'no message has this type byte');
  if (pending.length < HEADER_BYTES) return undefined;

  const highBytes = pending.uint32At(1);
  const bodyBytes = pending.uint32At(5);
  if (highBytes >= 0x8000_0000) throw new WireError('bad_length', `${type} has a negative length`);
  if (highBytes > 0 || bodyBytes > MAX_V1_BODY_BYTES) throw tooLong(type);
  const end = HEADER_BYTES + bodyBytes;
  if (pending.length < end) return undefined;

  const message = decodeBody(type, pending.view(HEADER_BYTES, end));
  pending.consume(end);
  return message;
}

import { type FrpMessage, findTypeOfV2, type OutgoingMessage } from '../messages/message';
import { decodeBody, encodeBody } from '../messages/message-body';
import { MESSAGES } from '../messages/message-table';
import { WireError } from '../wire-error';
import type { PendingBytes } from './pending-bytes';
import { FRAME_HEADER_BYTES, FrameType, peekFrameHeader, startFrame, unexpectedFrame } from './v2-frame';
import { WireDecoder } from './wire-decoder';

/** In front of a message's JSON, within the payload. */
const ID_BYTES = 2;
const BODY_OFFSET = FRAME_HEADER_BYTES + ID_BYTES;

/** @throws WireError `message_too_long` for one that frpc would refuse */
export function encodeV2(message: OutgoingMessage): Buffer {
  const body = encodeBody(message);
  const frame = startFrame(FrameType.message, ID_BYTES + Buffer.byteLength(body));
  frame.writeUInt16BE(MESSAGES[message.type].v2Id, FRAME_HEADER_BYTES);
  frame.write(body, BODY_OFFSET, 'utf8');
  return frame;
}

/** Messages only: a hello among them is an error. The magic in front of the first is not its affair. */
export class V2MessageDecoder extends WireDecoder<FrpMessage> {
  protected override read(): FrpMessage | undefined {
    return readV2Message(this.pending);
  }
}

/**
 * Takes a message out of `pending`.
 * @returns `undefined` until it is whole
 */
export function readV2Message(pending: PendingBytes): FrpMessage | undefined {
  const header = peekFrameHeader(pending);
  if (header === undefined) return undefined;
  if (header.type !== FrameType.message) throw unexpectedFrame(header.type);
  if (header.payloadBytes < ID_BYTES) throw new WireError('bad_frame', 'the frame is too short for a message');
  if (pending.length < BODY_OFFSET) return undefined;
  const type = findTypeOfV2(pending.uint16At(FRAME_HEADER_BYTES));
  if (type === undefined) throw new WireError('unknown_message', 'no message has this id');

  const end = FRAME_HEADER_BYTES + header.payloadBytes;
  if (pending.length < end) return undefined;
  const message = decodeBody(type, pending.view(BODY_OFFSET, end));
  pending.consume(end);
  return message;
}

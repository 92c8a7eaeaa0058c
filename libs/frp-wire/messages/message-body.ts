import { WireError } from '../wire-error';
import { isObject } from './field';
import type { FrpMessage, MessageType, OutgoingMessage } from './message';
import { MESSAGES } from './message-table';
import { decodeFields, encodeFields, type Fields } from './struct';
import { findUdpPacket, udpPacketJson } from './udp-packet';

/**
 * Reads the JSON of a message as Go does, with two differences: keys are compared exactly, and not without regard to case; and
 * `null` is no message. Invalid UTF-8 becomes U+FFFD.
 * @param body the JSON alone; nothing of the result refers to it
 * @throws WireError `bad_json`, `bad_field`
 */
export function decodeBody(type: MessageType, body: Buffer): FrpMessage {
  const packet = type === 'udpPacket' ? findUdpPacket(body) : undefined;
  if (packet !== undefined) return packet;
  const fields: Fields = MESSAGES[type].fields;
  return { type, ...decodeFields(fields, parseObject(body, type)) } as FrpMessage;
}

/** The JSON of a message, byte for byte as Go writes it, except that Go escapes `<`, `>`, `&`, U+2028 and U+2029. */
export function encodeBody(message: OutgoingMessage): string {
  if (message.type === 'udpPacket') return udpPacketJson(message);
  const fields: Fields = MESSAGES[message.type].fields;
  return JSON.stringify(encodeFields(fields, message));
}

/**
 * @param what what it is, for the error
 * @throws WireError `bad_json` for what isn't JSON, or not an object
 */
export function parseObject(json: Buffer | string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(json.toString('utf8'));
  } catch {
    // The parser's own text quotes the peer's.
    throw new WireError('bad_json', `${what} is not JSON`);
  }
  if (!isObject(value)) throw new WireError('bad_json', `${what} is not an object`);
  return value;
}

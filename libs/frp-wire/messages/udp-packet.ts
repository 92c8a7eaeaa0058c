import { decodeBase64 } from './base64';
import type { MessageOf, OutgoingMessageOf } from './message';
import { MESSAGES } from './message-table';
import { decodeFields } from './struct';

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSING_BRACE = 0x7d;
/** How every frpc and frps begins a datagram that isn't empty. */
const START = '{"c":"';
const CONTENT = START.length;

/**
 * The shorter way for what Go writes: base64 needs no JSON parser, and is most of it.
 * @param body JSON of a UDPPacket
 * @returns `undefined` for anything else than frp's own form, right or wrong: JSON.parse is to decide
 */
export function findUdpPacket(body: Buffer): MessageOf<'udpPacket'> | undefined {
  if (body.toString('latin1', 0, CONTENT) !== START) return undefined;
  const end = body.indexOf(QUOTE, CONTENT);
  if (end < 0) return undefined;
  const content = decodeBase64(body.toString('latin1', CONTENT, end));
  if (content === undefined) return undefined;
  const addresses = findAddresses(body, end + 1);
  return addresses && { type: 'udpPacket', content, ...addresses };
}

type Addresses = Pick<MessageOf<'udpPacket'>, 'local' | 'remote'>;

/** @param offset where the content's quote has ended */
function findAddresses(body: Buffer, offset: number): Addresses | undefined {
  if (body[offset] === CLOSING_BRACE && offset + 1 === body.length) return { local: undefined, remote: undefined };
  // What follows becomes an object of its own, which `,}` must not.
  if (body[offset] !== COMMA || body[offset + 1] !== QUOTE) return undefined;
  let object: Readonly<Record<string, unknown>>;
  try {
    object = JSON.parse(`{${body.toString('utf8', offset + 1)}`) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  // A second `c` would count, being the last.
  if (Object.hasOwn(object, 'c')) return undefined;
  return decodeFields(ADDRESS_FIELDS, object);
}

const ADDRESS_FIELDS = { local: MESSAGES.udpPacket.fields.local, remote: MESSAGES.udpPacket.fields.remote };

/** The JSON of a UDPPacket as Go writes it. */
export function udpPacketJson(packet: OutgoingMessageOf<'udpPacket'>): string {
  const { content, local, remote } = packet;
  let json = '';
  if (content !== undefined && content.length > 0) json = `"c":"${content.toString('base64')}"`;
  if (local) json += `${json && ','}"l":${JSON.stringify(ADDRESS_FIELDS.local.encode(local))}`;
  if (remote) json += `${json && ','}"r":${JSON.stringify(ADDRESS_FIELDS.remote.encode(remote))}`;
  return `{${json}}`;
}

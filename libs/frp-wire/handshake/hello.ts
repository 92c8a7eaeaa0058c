import { FRAME_HEADER_BYTES, startFrame } from '../codecs/v2-frame';
import { bytes } from '../messages/base64';
import { boolean, string, strings } from '../messages/field';
import { parseObject } from '../messages/message-body';
import {
  decodeFields,
  encodeFields,
  type Fields,
  type PartialStructOf,
  struct,
  type StructOf,
} from '../messages/struct';

/** How the client has come, by its own account. */
export const BOOTSTRAP_FIELDS = {
  /** `tcp`, `kcp`, `quic`, `websocket` or `wss`. */
  transport: string('transport'),
  tls: boolean('tls'),
  tcpMux: boolean('tcpMux'),
};

export const CLIENT_HELLO_FIELDS = {
  bootstrap: struct('bootstrap', BOOTSTRAP_FIELDS),
  capabilities: struct('capabilities', {
    message: struct('message', { codecs: strings('codecs') }),
    crypto: struct('crypto', { algorithms: strings('algorithms'), clientRandom: bytes('clientRandom') }),
  }),
};

export const SERVER_HELLO_FIELDS = {
  selected: struct('selected', {
    message: struct('message', { codec: string('codec') }),
    crypto: struct('crypto', { algorithm: string('algorithm'), serverRandom: bytes('serverRandom') }),
  }),
  error: string('error'),
};

export type Bootstrap = StructOf<typeof BOOTSTRAP_FIELDS>;
export type ClientHello = StructOf<typeof CLIENT_HELLO_FIELDS>;

/** The only way in which messages are written. */
export const JSON_CODEC = 'json';

/** @throws WireError `bad_json`, `bad_field` */
export function decodeHello<F extends Fields>(fields: F, payload: Buffer): StructOf<F> {
  return decodeFields(fields, parseObject(payload, 'hello'));
}

/** @returns the frame, whose payload is part of the transcript */
export function encodeHello<F extends Fields>(frameType: number, fields: F, hello: PartialStructOf<F>): Buffer {
  const json = JSON.stringify(encodeFields(fields, hello));
  const frame = startFrame(frameType, Buffer.byteLength(json));
  frame.write(json, FRAME_HEADER_BYTES, 'utf8');
  return frame;
}

export function payloadOf(frame: Buffer): Buffer {
  return frame.subarray(FRAME_HEADER_BYTES);
}

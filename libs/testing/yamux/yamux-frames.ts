import { Flag, FrameType, HEADER_BYTES } from '@tollgate/yamux';

/** A whole frame of yamux, as tests write and read it. */
export interface YamuxFrame {
  readonly type: 'data' | 'windowUpdate' | 'ping' | 'goAway';
  readonly flags?: readonly ('syn' | 'ack' | 'fin' | 'rst')[];
  /** Stream id; 0 unless told. */
  readonly id?: number;
  /** Payload of a data frame. */
  readonly payload?: Buffer;
  /** What the length field says in other frames; 0 unless told. */
  readonly value?: number;
}

const FLAG_NAMES = ['syn', 'ack', 'fin', 'rst'] as const;
const TYPE_NAMES = ['data', 'windowUpdate', 'ping', 'goAway'] as const;

/** By Node's own methods and from the specification alone: what the library is held against. */
export function encodeFrame({ type, flags = [], id = 0, payload, value = 0 }: YamuxFrame): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(FrameType[type], 1);
  header.writeUInt16BE(
    flags.reduce((bits, flag) => bits | Flag[flag], 0),
    2,
  );
  header.writeUInt32BE(id, 4);
  header.writeUInt32BE(payload?.length ?? value, 8);
  return payload === undefined ? header : Buffer.concat([header, payload]);
}

/**
 * A naive decoder: of all bytes at once, and nothing but whole frames.
 * @throws Error for what is no frame
 */
export function decodeFrames(bytes: Buffer): YamuxFrame[] {
  const frames: YamuxFrame[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const type = TYPE_NAMES[bytes.readUInt8(offset + 1)];
    if (bytes.readUInt8(offset) !== 0 || type === undefined) throw new Error(`no frame at ${String(offset)}`);
    const bits = bytes.readUInt16BE(offset + 2);
    const value = bytes.readUInt32BE(offset + 8);
    const flags = FLAG_NAMES.filter((flag) => (bits & Flag[flag]) !== 0);
    const frame = { type, flags, id: bytes.readUInt32BE(offset + 4) };
    offset += HEADER_BYTES;
    if (type === 'data') {
      if (offset + value > bytes.length) throw new Error('payload is missing');
      frames.push({ ...frame, payload: bytes.subarray(offset, offset + value) });
      offset += value;
    } else {
      frames.push({ ...frame, value });
    }
  }
  return frames;
}

/** A frame in a line: `windowUpdate ack #1 0`, `data #1 "hello"`, `data fin #3 70000 bytes`. */
export function describeFrame({ type, flags = [], id = 0, payload, value = 0 }: YamuxFrame): string {
  const text = payload?.toString('latin1') ?? '';
  const content =
    payload === undefined ? String(value) : text.length > 40 ? `${String(text.length)} bytes` : `"${text}"`;
  return [type, ...flags, ...(id === 0 ? [] : [`#${String(id)}`]), content].join(' ');
}

import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SnappyDecoder } from './snappy-decoder';
import { SnappyEncoder } from './snappy-encoder';

type Direction = 'c2s' | 's2c';

interface Event {
  readonly conn: number;
  readonly dir?: Direction;
  readonly hex?: string;
}

const FIXTURES = join(__dirname, '../../../test/fixtures/frp-captures');
const YAMUX_HEADER_BYTES = 12;
/** What the work connection begins with before its payload: NewWorkConn from the client, StartWorkConn from the server. */
const V1_HEADER_BYTES = 9;

/** Everything that was sent in one direction of one connection. */
function recorded(name: string, conn: number, dir: Direction): Buffer {
  const lines = readFileSync(join(FIXTURES, name, 'wire.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const events = lines.map((line) => JSON.parse(line) as Event);
  return Buffer.concat(
    events.filter((event) => event.conn === conn && event.dir === dir).map(({ hex }) => Buffer.from(hex ?? '', 'hex')),
  );
}

/** The data of one yamux stream, by the simplest possible reading. */
function streamOf(bytes: Buffer, stream: number): Buffer {
  const data: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const isData = bytes.readUInt8(offset + 1) === 0;
    const length = isData ? bytes.readUInt32BE(offset + 8) : 0;
    const body = bytes.subarray(offset + YAMUX_HEADER_BYTES, offset + YAMUX_HEADER_BYTES + length);
    if (isData && bytes.readUInt32BE(offset + 4) === stream) data.push(body);
    offset += YAMUX_HEADER_BYTES + length;
  }
  return Buffer.concat(data);
}

function afterFirstMessage(bytes: Buffer): Buffer {
  return bytes.subarray(V1_HEADER_BYTES + Number(bytes.readBigUInt64BE(1)));
}

function decode(bytes: Buffer): string {
  const decoder = new SnappyDecoder();
  const decoded = decoder.update(bytes);
  decoder.finish();
  return (Buffer.isBuffer(decoded) ? decoded : Buffer.concat(decoded)).toString();
}

describe.each([
  ['s2c', 'hello'],
  ['c2s', 'world'],
] as const)('what frp compressed (%s)', (dir, text) => {
  it('is read on a connection of its own, and written the same', () => {
    const payload = afterFirstMessage(recorded('f3_nomux_comp', 2, dir));
    expect(decode(payload)).toBe(text);
    expect(new SnappyEncoder().update(Buffer.from(text))).toEqual(payload);
  });

  it('is read under yamux and encryption, and written the same', () => {
    const payload = afterFirstMessage(streamOf(recorded('c_mux_enc_comp', 1, dir), 3));
    const key = pbkdf2Sync('capture-token', 'frp', 64, 16, 'sha1');
    const decrypted = createDecipheriv('aes-128-cfb', key, payload.subarray(0, 16)).update(payload.subarray(16));
    expect(decode(decrypted)).toBe(text);
    expect(new SnappyEncoder().update(Buffer.from(text))).toEqual(decrypted);
  });
});

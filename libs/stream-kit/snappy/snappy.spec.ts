import { randomBytes } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { compressSync } from 'snappy';
import { STREAM_LIMITS } from '../limits';
import { SnappyDecoder } from './snappy-decoder';
import { SnappyEncoder } from './snappy-encoder';
import { IDENTIFIER, SnappyError, maskedChecksum } from './snappy-format';

const LIMIT = STREAM_LIMITS.snappyChunkBytes;
const HELLO = Buffer.from('ff060000734e6150705901090000bb1f1c1968656c6c6f', 'hex');
const HUNDRED_A = Buffer.from('000d00001fa8b5fd640061fe01008a0100', 'hex');

function flat(result: Buffer | readonly Buffer[]): Buffer {
  return Buffer.isBuffer(result) ? result : Buffer.concat(result);
}

function encode(...chunks: Buffer[]): Buffer {
  const encoder = new SnappyEncoder();
  return Buffer.concat(chunks.map((chunk) => flat(encoder.update(chunk))));
}

function decode(...chunks: Buffer[]): Buffer {
  const decoder = new SnappyDecoder();
  const decoded = Buffer.concat(chunks.map((chunk) => flat(decoder.update(chunk))));
  decoder.finish();
  return decoded;
}

/** A chunk with a right checksum, whatever else is wrong with it. */
function chunkOf(type: number, plain: Buffer, body = plain): Buffer {
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUIntLE(body.length + 4, 1, 3);
  header.writeUInt32LE(maskedChecksum(plain), 4);
  return Buffer.concat([header, body]);
}

function header(type: number, length: number): Buffer {
  return Buffer.from([type, length & 0xff, (length >> 8) & 0xff, length >> 16]);
}

function codeOf(...chunks: Buffer[]): string | undefined {
  try {
    decode(...chunks);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(SnappyError);
    return (error as SnappyError).code;
  }
}

describe('the snappy framing format', () => {
  it('is written as Go writes it', () => {
    expect(encode(Buffer.from('hello'))).toEqual(HELLO);
    expect(encode(Buffer.from('hello'), Buffer.alloc(100, 'a'))).toEqual(Buffer.concat([HELLO, HUNDRED_A]));
  });

  it('is read as Go writes it', () => {
    expect(decode(HELLO, HUNDRED_A).toString()).toBe(`hello${'a'.repeat(100)}`);
  });

  it('gives back what was encoded, however it is cut', () => {
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.integer({ min: 0, max: 200_000 }), fc.nat(255)).map(([length, fill]) => Buffer.alloc(length, fill)),
      fc.integer({ min: 0, max: 150_000 }).map((length) => randomBytes(length)),
    );
    fc.assert(
      fc.property(
        fc.array(data, { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }),
        (chunks, cuts) => {
          const encoded = encode(...chunks);
          const pieces: Buffer[] = [];
          for (let offset = 0, index = 0; offset < encoded.length; index++) {
            const bytes = cuts[index % cuts.length] ?? 1;
            pieces.push(Buffer.from(encoded.subarray(offset, offset + bytes)));
            offset += bytes;
          }
          expect(decode(...pieces).equals(Buffer.concat(chunks))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is emitted at once and completely, each write on its own', () => {
    const encoder = new SnappyEncoder();
    const decoder = new SnappyDecoder();
    for (const text of ['a', 'bc', 'x'.repeat(1000)]) {
      expect(flat(decoder.update(flat(encoder.update(Buffer.from(text))))).toString()).toBe(text);
    }
  });

  it.each([
    [LIMIT, 1],
    [LIMIT + 1, 2],
  ])('puts %d bytes into %d chunk(s)', (bytes, count) => {
    const encoded = new SnappyEncoder().update(randomBytes(bytes));
    expect(Buffer.isBuffer(encoded) ? 1 : encoded.length).toBe(count);
  });

  it('sends what does not shrink as it is', () => {
    const noise = randomBytes(1000);
    expect(encode(noise).subarray(IDENTIFIER.length)).toEqual(chunkOf(0x01, noise));
  });

  it('shares no memory with what it was given, in either direction', () => {
    const given = Buffer.from('hello');
    const encoded = flat(new SnappyEncoder().update(given));
    given.fill(0);
    const decoded = flat(new SnappyDecoder().update(encoded));
    encoded.fill(0);
    expect(decoded.toString()).toBe('hello');
  });

  it('accepts the identifier again, and passes over chunks of types 80 to fe', () => {
    const padding = Buffer.concat([header(0xfe, 100_000), Buffer.alloc(100_000)]);
    expect(decode(HELLO, padding, header(0x80, 0), IDENTIFIER, HUNDRED_A)).toHaveLength(105);
  });

  it.each([
    ['anything before the identifier', 'no-identifier', [HUNDRED_A]],
    ['a skippable chunk before the identifier', 'no-identifier', [header(0xfe, 0)]],
    ['an identifier of another length', 'bad-identifier', [header(0xff, 7)]],
    ['another identifier', 'bad-identifier', [Buffer.from('ff060000734e61507058', 'hex')]],
    ['a chunk of type 02', 'unknown-chunk', [IDENTIFIER, header(0x02, 4)]],
    ['a chunk of type 7f', 'unknown-chunk', [IDENTIFIER, header(0x7f, 4)]],
    ['a chunk too short for its checksum', 'bad-length', [IDENTIFIER, header(0x01, 3)]],
    ['a plain chunk of one byte too many, by its header', 'bad-length', [IDENTIFIER, header(0x01, LIMIT + 5)]],
    ['a block longer than any can be, by its header', 'bad-length', [IDENTIFIER, header(0x00, 76_490 + 5)]],
    ['a wrong checksum', 'bad-checksum', [IDENTIFIER, Buffer.from('0109000000000000', 'hex'), Buffer.from('hello')]],
    ['a corrupt block', 'corrupt-block', [IDENTIFIER, chunkOf(0x00, Buffer.from('x'), Buffer.from([5, 0xff, 0xff]))]],
    ['a block without a length', 'corrupt-block', [IDENTIFIER, chunkOf(0x00, Buffer.from('x'), Buffer.alloc(0))]],
    ['a length without an end', 'corrupt-block', [IDENTIFIER, chunkOf(0x00, Buffer.from('x'), Buffer.alloc(9, 0xff))]],
    ['a stream that ends within a header', 'truncated', [IDENTIFIER, Buffer.from([0])]],
    ['a stream that ends within a chunk', 'truncated', [HELLO.subarray(0, -1)]],
    ['a stream that ends within padding', 'truncated', [IDENTIFIER, header(0xfe, 2), Buffer.alloc(1)]],
  ])('refuses %s', (_name, code, chunks) => {
    expect(codeOf(...chunks)).toBe(code);
  });

  it('takes a block that expands to the limit, and refuses one byte more before expanding it', () => {
    const largest = Buffer.alloc(LIMIT, 'a');
    expect(decode(IDENTIFIER, chunkOf(0x00, largest, compressSync(largest)))).toEqual(largest);
    const over = Buffer.alloc(LIMIT + 1, 'a');
    expect(codeOf(IDENTIFIER, chunkOf(0x00, over, compressSync(over)))).toBe('bad-length');
    const bomb = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]);
    expect(codeOf(IDENTIFIER, chunkOf(0x00, Buffer.alloc(0), bomb))).toBe('bad-length');
  });

  it('masks its checksums as the format says', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(maskedChecksum(Buffer.from('hello'))).toBe(0x191c1fbb);
  });
});

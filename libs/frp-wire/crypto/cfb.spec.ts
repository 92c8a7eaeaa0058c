import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { splits } from '../../../test/support/frp-message-arbitrary';
import { WireError } from '../wire-error';
import { CfbDecoder } from './cfb-decoder';
import { CfbEncoder } from './cfb-encoder';
import { StreamKey } from './stream-key';
import { xorInto } from './xor';

const key = new StreamKey('token');
const keyBytes = pbkdf2Sync('token', 'frp', 64, 16, 'sha1');

function decryptedByNode(stream: Buffer): Buffer {
  return createDecipheriv('aes-128-cfb', keyBytes, stream.subarray(0, 16)).update(stream.subarray(16));
}

function pushAll(decoder: CfbDecoder, chunks: readonly Buffer[]): Buffer {
  return Buffer.concat(chunks.map((chunk) => decoder.push(chunk)));
}

it('decrypts what Node encrypts, split anywhere', () => {
  const streams = fc.tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array({ maxLength: 300 }));
  const cases = streams.chain(([iv, plain]) => {
    const stream = Buffer.concat([iv, createCipheriv('aes-128-cfb', keyBytes, iv).update(plain)]);
    return fc.tuple(fc.constant(Buffer.from(plain)), splits(stream));
  });
  fc.assert(
    fc.property(cases, ([plain, chunks]) => {
      expect(pushAll(new CfbDecoder(key), chunks)).toEqual(plain);
    }),
    { numRuns: 1000 },
  );
});

it('encrypts what Node decrypts, whatever the sizes of the writes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }).chain((plain) => splits(Buffer.from(plain))),
      (writes) => {
        const encoder = new CfbEncoder(key, randomBytes);
        const stream = Buffer.concat(writes.map((write) => encoder.update(write)));
        const plain = Buffer.concat(writes);
        if (plain.length === 0) expect(stream).toHaveLength(0);
        else expect(decryptedByNode(stream)).toEqual(plain);
      },
    ),
  );
});

it.each([4_095, 262_143, 262_144, 262_145, 262_160, 600_001])(
  'decrypts a chunk of %d bytes at any place in a block',
  (size) => {
    const stream = randomBytes(16 + 15 + size + 40);
    for (const before of [0, 1, 15]) {
      const decoder = new CfbDecoder(key);
      const at = 16 + before;
      const chunks = [stream.subarray(0, at), stream.subarray(at, at + size), stream.subarray(at + size)];
      expect(pushAll(decoder, chunks).equals(decryptedByNode(stream))).toBe(true);
    }
  },
);

it('keeps decoders of one key apart', () => {
  const streams = [randomBytes(500), randomBytes(500), randomBytes(500)];
  const decoders = streams.map(() => new CfbDecoder(key));
  const parts = streams.map((): Buffer[] => []);
  for (let at = 0; at < 500; at += 37) {
    streams.forEach((stream, i) => parts[i]?.push(decoders[i]!.push(stream.subarray(at, at + 37))));
  }
  expect(parts.map((each) => Buffer.concat(each))).toEqual(streams.map(decryptedByNode));
});

it('neither changes what it is given nor what it has given', () => {
  const stream = randomBytes(1000);
  const copy = Buffer.from(stream);
  const decoder = new CfbDecoder(key);
  const first = decoder.push(stream.subarray(0, 500));
  const firstCopy = Buffer.from(first);
  const encoder = new CfbEncoder(key, randomBytes);
  encoder.update(stream);
  decoder.push(stream.subarray(500));
  expect(stream).toEqual(copy);
  expect(first).toEqual(firstCopy);
});

it('draws its IV with the first byte and not before', () => {
  const draw = jest.fn(() => Buffer.alloc(16, 1));
  const encoder = new CfbEncoder(key, draw);
  expect(encoder.update(Buffer.alloc(0))).toHaveLength(0);
  expect(draw).not.toHaveBeenCalled();
  expect(encoder.update(Buffer.from('a'))).toHaveLength(17);
  expect(encoder.update(Buffer.from('b'))).toHaveLength(1);
  expect(draw).toHaveBeenCalledTimes(1);
});

it.each([
  [0, false],
  [1, true],
  [15, true],
  [16, false],
  [17, false],
])('an end after %d bytes is within the IV: %s', (bytes, within) => {
  const decoder = new CfbDecoder(key);
  expect(decoder.push(Buffer.alloc(bytes))).toHaveLength(Math.max(0, bytes - 16));
  const finish = expect(() => {
    decoder.finish();
  });
  if (within) finish.toThrow(WireError);
  else finish.not.toThrow();
});

it('shows nothing of the key when printed', () => {
  const { inspect } = jest.requireActual<typeof import('node:util')>('node:util');
  key.encryptBlocks(Buffer.alloc(16));
  const shown = inspect(key, { depth: 10, showHidden: true }) + JSON.stringify(key);
  expect(shown).not.toContain(keyBytes.toString('hex'));
  expect(shown).not.toContain(inspect(keyBytes));
});

it.each([
  [0, 0],
  [1, 0],
  [0, 4],
  [8, 16],
])('XORs at offsets %d and %d, on words or off', (targetOffset, maskOffset) => {
  const target = new Uint8Array(randomBytes(64)).subarray(targetOffset, targetOffset + 32);
  const mask = new Uint8Array(new Uint8Array(randomBytes(64)).buffer, maskOffset, 32);
  const expected = Array.from(target, (byte, i) => byte ^ mask[i]!);
  xorInto(target, mask);
  expect(Array.from(target)).toEqual(expected);
});

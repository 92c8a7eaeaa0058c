import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { splits } from '../../../test/support/frp-message-arbitrary';
import { WireError, type WireErrorCode } from '../wire-error';
import { AeadOpener } from './aead-opener';
import { AeadSealer } from './aead-sealer';

const key = createSecretKey(Buffer.alloc(32, 7));

function sealer(maxRecords?: number) {
  return new AeadSealer(key, randomBytes, maxRecords);
}

function codeOf(act: () => unknown): WireErrorCode | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

it('opens what it seals, split anywhere', () => {
  const writes = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 });
  const cases = writes.chain((plain) => {
    const sealing = sealer();
    const stream = Buffer.concat(plain.map((each) => sealing.seal(Buffer.from(each))));
    return fc.tuple(fc.constant(Buffer.concat(plain)), splits(stream));
  });
  fc.assert(
    fc.property(cases, ([plain, chunks]) => {
      const opener = new AeadOpener(key);
      expect(Buffer.concat(chunks.map((chunk) => opener.open(chunk)))).toEqual(plain);
      opener.finish();
    }),
  );
});

it('refuses a stream of which any byte was changed, or throws away what is not whole', () => {
  const sealing = sealer();
  const stream = Buffer.concat([sealing.seal(Buffer.from('one')), sealing.seal(Buffer.from('two'))]);
  for (let at = 0; at < stream.length; at++) {
    const changed = Buffer.from(stream);
    changed[at] = changed[at]! ^ 1;
    const opener = new AeadOpener(key);
    // A length that grew waits for bytes that never come, which the end shows.
    const code = codeOf(() => {
      opener.open(changed);
      opener.finish();
    });
    expect(['forged_record', 'bad_record', 'truncated']).toContain(code);
  }
});

it('refuses records that were dropped, repeated or swapped', () => {
  const sealing = sealer();
  const first = sealing.seal(Buffer.from('one'));
  const [second, third] = [sealing.seal(Buffer.from('two')), sealing.seal(Buffer.from('333'))];
  for (const records of [[third], [second, second], [third, second]]) {
    expect(codeOf(() => new AeadOpener(key).open(Buffer.concat([first, ...records])))).toBe('forged_record');
  }
});

it('refuses another key', () => {
  const other = createSecretKey(Buffer.alloc(32, 8));
  expect(codeOf(() => new AeadOpener(other).open(sealer().seal(Buffer.from('x'))))).toBe('forged_record');
});

it.each([
  [15, 'bad_record'],
  [16, undefined],
  [65_552, undefined],
  [65_553, 'bad_record'],
  [0xffff_ffff, 'bad_record'],
])('at a record of %d bytes: %s, before any of it has come', (bytes, code) => {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(bytes, 12);
  expect(codeOf(() => new AeadOpener(key).open(head))).toBe(code);
});

it.each([
  [65_536, 1],
  [65_537, 2],
  [200_000, 4],
])('puts %d bytes into %d records', (bytes, records) => {
  const plain = randomBytes(bytes);
  const stream = sealer().seal(plain);
  expect(stream).toHaveLength(12 + bytes + records * 20);
  expect(new AeadOpener(key).open(stream).equals(plain)).toBe(true);
});

it('makes nothing of nothing, and draws no nonce for it', () => {
  const draw = jest.fn(randomBytes as (size: number) => Buffer);
  const sealing = new AeadSealer(key, draw);
  expect(sealing.seal(Buffer.alloc(0))).toHaveLength(0);
  expect(draw).not.toHaveBeenCalled();
});

it('seals and opens no more records than a key may', () => {
  const limited = sealer(2);
  limited.seal(Buffer.from('1'));
  limited.seal(Buffer.from('2'));
  expect(codeOf(() => limited.seal(Buffer.from('3')))).toBe('too_many_records');

  const unlimited = sealer();
  const opener = new AeadOpener(key, 2);
  opener.open(unlimited.seal(Buffer.from('1')));
  opener.open(unlimited.seal(Buffer.from('2')));
  expect(codeOf(() => opener.open(unlimited.seal(Buffer.from('3'))))).toBe('too_many_records');
});

it('carries the nonce over bytes, and stops at its end', () => {
  const counting = new AeadSealer(key, () => Buffer.from(`${'00'.repeat(10)}ffff`, 'hex'));
  const opener = new AeadOpener(key);
  const stream = Buffer.concat([counting.seal(Buffer.from('1')), counting.seal(Buffer.from('2'))]);
  expect(opener.open(stream).toString()).toBe('12');

  const last = new AeadSealer(key, () => Buffer.alloc(12, 0xff));
  expect(codeOf(() => last.seal(Buffer.from('1')))).toBe('too_many_records');
});

it.each([
  [0, undefined],
  [5, 'truncated'],
  [12, undefined],
  [14, 'truncated'],
  [20, 'truncated'],
  [35, undefined],
])('an end after %d bytes: %s', (bytes, code) => {
  const opener = new AeadOpener(key);
  opener.open(sealer().seal(Buffer.from('one')).subarray(0, bytes));
  expect(
    codeOf(() => {
      opener.finish();
    }),
  ).toBe(code);
});

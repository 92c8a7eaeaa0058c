import fc from 'fast-check';
import {
  isIdShaped,
  newAccessKey,
  newAccountId,
  newAuditId,
  newSecretKey,
  newTokenId,
  newValidationId,
  qiniuAccountId,
} from './ids';
import { randomBase62, toBase62 } from './random';

describe('identifiers', () => {
  it.each([
    ['account id', newAccountId, /^acc_[0-9A-Za-z]{22}$/],
    ['token id', newTokenId, /^tk_[0-9A-Za-z]{22}$/],
    ['audit id', newAuditId, /^aud_[0-9A-Za-z]{22}$/],
    ['validation id', newValidationId, /^val_[0-9A-Za-z]{22}$/],
    ['AccessKey', newAccessKey, /^AK_[0-9a-f]{32}$/],
    ['SecretKey', newSecretKey, /^SK_[0-9a-f]{64}$/],
  ])('a new %s has the form of the contract and never comes out twice', (_, make, form) => {
    const made = Array.from({ length: 500 }, make);
    for (const id of made) expect(id).toMatch(form);
    expect(new Set(made).size).toBe(made.length);
  });

  it('a Qiniu user maps to qiniu_{uid}', () => {
    expect(qiniuAccountId(4_294_967_295)).toBe('qiniu_4294967295');
  });
});

describe('isIdShaped', () => {
  it.each(['tk_abc', 'acc_0', '65f0c1d2e3a4b5c6d7e8f901', 'qiniu_1', 'a'.repeat(64)])('takes %s', (id) => {
    expect(isIdShaped(id)).toBe(true);
  });

  it.each(['', 'a'.repeat(65), 'a b', 'a\0', '../x', 'a/b', 'a\n', 'ä', "' OR 1=1", '$ne', 'a.b'])(
    'refuses %j',
    (id) => {
      expect(isIdShaped(id)).toBe(false);
    },
  );
});

describe('base 62', () => {
  it('writes a number so that it can be read back', () => {
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (value) => {
        const text = toBase62(value, 6);
        expect(text).toHaveLength(6);
        expect([...text].reduce((sum, letter) => sum * 62 + alphabet.indexOf(letter), 0)).toBe(value);
      }),
    );
  });

  it('draws every letter about equally often', () => {
    const counts = new Map<string, number>();
    for (const letter of randomBase62(62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // 1000 expected, standard deviation 31: 8 of them is past chance.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(250);
  });
});

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { loginKey, LoginKeyCheck } from './login-key';

it('is the MD5 of token and decimal timestamp', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger(), (token, timestamp) => {
      const key = createHash('md5')
        .update(`${token}${String(timestamp)}`)
        .digest('hex');
      expect(loginKey(token, timestamp)).toBe(key);
      expect(new LoginKeyCheck(key, timestamp).matches(token)).toBe(true);
      expect(new LoginKeyCheck(key.toUpperCase(), timestamp).matches(token)).toBe(true);
      expect(new LoginKeyCheck(key, timestamp).matches(`${token}.`)).toBe(false);
      expect(new LoginKeyCheck(key, timestamp + 1).matches(token)).toBe(false);
    }),
  );
});

it.each(['', '0'.repeat(31), '0'.repeat(33), 'g'.repeat(32), `${'0'.repeat(32)}\n`, '00'.repeat(32)])(
  'matches nothing by the key %j',
  (key) => {
    expect(new LoginKeyCheck(key, 1).matches('token')).toBe(false);
  },
);

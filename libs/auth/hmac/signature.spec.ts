import { createHmac } from 'node:crypto';
import { constantTimeEqual, hmacSignature } from './signature';

describe('hmacSignature', () => {
  it('is Base64(HMAC-SHA256(SecretKey, METHOD \\n URI \\n DATE \\n BODY))', () => {
    const body = Buffer.from('{"a": 1}\n');
    const expected = createHmac('sha256', 'SK_x')
      .update('POST\n/api/v2/tokens?a=1\n2026-01-04T10:00:00Z\n{"a": 1}\n')
      .digest('base64');
    const parts = { method: 'POST', uri: '/api/v2/tokens?a=1', date: '2026-01-04T10:00:00Z', body };
    expect(hmacSignature('SK_x', parts)).toBe(expected);
  });

  // A value written down once, so that a change of the form can't go unseen.
  it('gives the known value for a known request', () => {
    const parts = { method: 'GET', uri: '/api/v2/accounts/me', date: '2026-01-04T10:00:00Z', body: Buffer.alloc(0) };
    expect(hmacSignature(`SK_${'0123456789abcdef'.repeat(4)}`, parts)).toBe(
      'pJpy2/rVZf6puJKTH4LNB8vRpqQnhmpyoyKJnEWb/Ow=',
    );
  });

  it('covers the bytes of the body, not their text', () => {
    const sign = (body: Uint8Array): string => hmacSignature('SK_x', { method: 'POST', uri: '/', date: 'd', body });
    expect(sign(Buffer.from([0xff]))).not.toBe(sign(Buffer.from([0xfe])));
    expect(sign(Buffer.from([0xff]))).not.toBe(sign(Buffer.from('\ufffd')));
  });
});

describe('constantTimeEqual', () => {
  it('tells equal texts from others, of any length', () => {
    expect(constantTimeEqual('abc', 'abc')).toBe(true);
    expect(constantTimeEqual('', '')).toBe(true);
    for (const other of ['', 'ab', 'abd', 'abcd', 'ABC']) expect(constantTimeEqual('abc', other)).toBe(false);
  });
});

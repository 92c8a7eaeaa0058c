import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { signRequest } from './sign-request';

const ACCESS_KEY = 'AK_00000000000000000000000000000000';
const SECRET_KEY = 'SK_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';

/**
 * Computed with OpenSSL 3.0, for each row:
 *   printf '{METHOD}\n{URI}\n{DATE}\n{BODY}' | openssl dgst -sha256 -hmac "$SECRET_KEY" -binary | openssl base64 -A
 */
const VECTORS = [
  {
    method: 'GET',
    uri: '/api/v2/tokens?active_only=true&limit=10',
    date: '2026-01-04T10:00:00.123456789Z',
    signature: 'T2GsoXefzuDc0spfkqXNg+WUvXBffrZmuyxC4fEAKbg=',
  },
  {
    method: 'POST',
    uri: '/api/v2/tokens',
    date: '2026-01-04T10:00:00.000Z',
    body: '{"description":"café","scope":["storage:read"]}',
    signature: 'wGSEfsc0RyELEPZZ7gGbq8fcVHiFGJT57dGMoeYa3zs=',
  },
  {
    method: 'DELETE',
    uri: '/api/v2/tokens/tk_0',
    date: '2026-01-04T10:00:00.500Z',
    signature: 'vLhPDaMQJISGruVTlOpvkM8iT23XRenZmU69Bb46qEw=',
  },
  {
    method: 'PUT',
    uri: '/api/v2/uploads/a%20b',
    date: '2026-01-04T10:00:00.000Z',
    body: Uint8Array.of(0xff, 0x00, 0x0a, 0x01),
    signature: 'NyRRzklW976rn4CdHnxcidOhD6c7RObUQY0+CcryfKE=',
  },
];

/** HMAC as RFC 2104 writes it, over SHA-256 only: shares nothing with the code under test. */
function hmacByHand(key: string, message: Buffer): string {
  const sha256 = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  const keyBytes = Buffer.from(key, 'utf8');
  const block = Buffer.alloc(64);
  (keyBytes.length > 64 ? sha256(keyBytes) : keyBytes).copy(block);
  const pad = (byte: number): Buffer => Buffer.from(block.map((value) => value ^ byte));
  return sha256(pad(0x5c), sha256(pad(0x36), message)).toString('base64');
}

describe('signRequest', () => {
  it.each(VECTORS)('agrees with OpenSSL on $method $uri', ({ signature, ...request }) => {
    const headers = signRequest({ ...request, accessKey: ACCESS_KEY, secretKey: SECRET_KEY });

    expect(headers).toEqual({ Authorization: `QINIU ${ACCESS_KEY}:${signature}`, 'X-Qiniu-Date': request.date });
  });

  it('signs the method in upper case, whatever the caller wrote', () => {
    const request = { uri: '/', date: '2026-01-04T10:00:00.000Z', accessKey: ACCESS_KEY, secretKey: SECRET_KEY };

    expect(signRequest({ ...request, method: 'get' })).toEqual(signRequest({ ...request, method: 'GET' }));
  });

  it('always writes fractional seconds for a Date, also at a whole second', () => {
    const date = new Date(Date.UTC(2026, 0, 4, 10));

    const headers = signRequest({ method: 'GET', uri: '/', date, accessKey: ACCESS_KEY, secretKey: SECRET_KEY });

    expect(headers['X-Qiniu-Date']).toBe('2026-01-04T10:00:00.000Z');
  });

  it('makes the signature that an independent HMAC makes of the exact bytes', () => {
    const body = fc.oneof(fc.constant(undefined), fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 300 }));
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE');
    const secret = fc.string({ minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(method, fc.webPath(), fc.date({ noInvalidDate: true }), body, secret, (verb, uri, at, bytes, key) => {
        const headers = signRequest({
          method: verb,
          uri,
          date: at,
          accessKey: ACCESS_KEY,
          secretKey: key,
          ...(bytes === undefined ? {} : { body: bytes }),
        });

        const message = Buffer.concat([
          Buffer.from(`${verb}\n${uri}\n${headers['X-Qiniu-Date']}\n`, 'utf8'),
          typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : Buffer.from(bytes ?? []),
        ]);
        expect(headers.Authorization).toBe(`QINIU ${ACCESS_KEY}:${hmacByHand(key, message)}`);
      }),
    );
  });
});

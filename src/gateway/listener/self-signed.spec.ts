import { X509Certificate, createPrivateKey } from 'node:crypto';
import { createSelfSigned } from './self-signed';

describe('createSelfSigned', () => {
  const now = new Date('2026-11-23T12:00:00Z');

  it('makes a certificate that a client can parse, for ten years from an hour ago', async () => {
    const { cert, key } = await createSelfSigned(now);
    const certificate = new X509Certificate(cert);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(new Date(certificate.validFrom).toISOString()).toBe('2026-11-23T11:00:00.000Z');
    expect(new Date(certificate.validTo).getUTCFullYear()).toBe(2036);
  });

  it('gives each a serial number of its own, positive as Go wants it', async () => {
    const serials = await Promise.all(
      Array.from({ length: 20 }, async () => new X509Certificate((await createSelfSigned(now)).cert).serialNumber),
    );
    expect(new Set(serials).size).toBe(20);
    for (const serial of serials) expect(Number.parseInt(serial.slice(0, 2), 16)).toBeLessThan(0x80);
  });
});

import { webcrypto } from 'node:crypto';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const SERIAL_BYTES = 16;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LIFETIME_DAYS = 3_650;

/** A certificate and its private key, both in PEM. */
export interface KeyPairFiles {
  readonly cert: string;
  readonly key: string;
}

/**
 * Makes a certificate that signs itself, for clients that don't verify: frpc without `trustedCaFile`. As frps does, without a
 * subject and for ten years (frp `pkg/transport/tls.go`), but with a P-256 key, whose handshake costs a third of RSA's.
 */
export async function createSelfSigned(now: Date): Promise<KeyPairFiles> {
  const { PemConverter, X509CertificateGenerator } = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const serial = Buffer.from(webcrypto.getRandomValues(new Uint8Array(SERIAL_BYTES)));
  // Go's parser takes positive serials only.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial.toString('hex'),
      notBefore: new Date(now.getTime() - HOUR_MS),
      notAfter: new Date(now.getTime() + LIFETIME_DAYS * DAY_MS),
      signingAlgorithm: ALGORITHM,
      keys,
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { cert: `${certificate.toString('pem')}\n`, key: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` };
}

/** Some megabytes of code that only the first start of a gateway needs. */
async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  // @peculiar/x509 can't be loaded without it.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

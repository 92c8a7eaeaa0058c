import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SecureContext, type SecureContextOptions, createSecureContext } from 'node:tls';
import { ensureSecretFile } from '@tollgate/auth';
import type { TlsFiles } from '../config/gateway-config';
import { createSelfSigned } from './self-signed';

/** Certificate and key in one file, so that there is never one without the other. */
const FILE = 'tls.pem';
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What the gateway shows of itself, ready for use. */
export interface TlsMaterial {
  readonly context: SecureContext;
  /** What {@link context} was made of. */
  readonly options: SecureContextOptions;
  /** Who must have signed the certificate that clients show; empty: they need none. */
  readonly trusted: readonly X509Certificate[];
}

/** A file of the TLS settings that can't be used. */
export class TlsMaterialError extends Error {
  override readonly name = 'TlsMaterialError';

  constructor(path: string, cause: unknown) {
    super(`the TLS file ${path} can't be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * Reads what the gateway shows of itself over TLS. Where no files are named, a certificate that signs itself is made at the first
 * start and kept: clients that have seen it would be right to be alarmed by another.
 * @param files paths; who asks for certificates names in `trustedCaFile` whose they must be
 * @param folder of the gateway's own data
 * @throws TlsMaterialError
 */
export async function loadTlsMaterial(
  { certFile, keyFile, trustedCaFile }: TlsFiles,
  folder: string,
  now: Date,
): Promise<TlsMaterial> {
  const options: SecureContextOptions = {
    minVersion: 'TLSv1.2',
    ...(certFile !== undefined && keyFile !== undefined
      ? { cert: read(certFile, checkCertificate), key: read(keyFile, checkKey) }
      : await readOwn(join(folder, FILE), now)),
    ...(trustedCaFile === undefined ? {} : { ca: read(trustedCaFile, checkCertificate) }),
  };
  try {
    return {
      context: createSecureContext(options),
      options,
      trusted: trustedCaFile === undefined ? [] : certificatesIn(trustedCaFile),
    };
  } catch (error) {
    throw new TlsMaterialError(keyFile ?? FILE, error);
  }
}

async function readOwn(path: string, now: Date): Promise<SecureContextOptions> {
  let pem: string | undefined;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new TlsMaterialError(path, error);
  }
  if (pem === undefined) {
    const { cert, key } = await createSelfSigned(now);
    ensureSecretFile(path, cert + key);
    // Another process may have been first.
    pem = readFileSync(path, 'utf8');
  }
  return { cert: pem, key: pem };
}

function read(path: string, check: (content: Buffer) => unknown): Buffer {
  try {
    const content = readFileSync(path);
    check(content);
    return content;
  } catch (error) {
    throw new TlsMaterialError(path, error);
  }
}

function checkCertificate(content: Buffer): X509Certificate {
  return new X509Certificate(content);
}

function checkKey(content: Buffer): unknown {
  return createPrivateKey(content);
}

function certificatesIn(path: string): X509Certificate[] {
  const pems = readFileSync(path, 'utf8').match(PEM_CERTIFICATE) ?? [];
  return pems.map((pem) => new X509Certificate(pem));
}

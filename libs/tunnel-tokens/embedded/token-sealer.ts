import { createHash } from 'node:crypto';
import type { SealedSecret } from '@tollgate/domain';

/** Seals token values at rest; `SecretSealer` of `@tollgate/auth` is one. */
export interface TokenSealer {
  /** @param owner bound into the sealed form */
  seal(owner: string, secret: string): SealedSecret;

  /** @throws when it was not sealed for this owner, or with a key that is not known */
  open(owner: string, sealed: SealedSecret): string;
}

/** The value's place in the store. */
export function hashTunnelToken(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

/** Binds a sealed value to its hash, so that it does not open in another record. */
export function sealOwner(hash: Buffer): string {
  return `tunnel_token:${hash.toString('hex')}`;
}

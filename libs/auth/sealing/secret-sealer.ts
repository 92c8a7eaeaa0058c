import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealedSecret } from '@tollgate/domain';
import type { MasterKeyRing } from './master-key-ring';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';

/** The envelope is damaged, belongs to another account, or its master key is not in the ring. Never holds a secret. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError';
}

/**
 * Seals SecretKeys with AES-256-GCM (NIST SP 800-38D, 96-bit random nonces) under a master key of the ring.
 * The account id is authenticated with it, so that an envelope copied to another row does not open there.
 */
export class SecretSealer {
  constructor(private readonly ring: MasterKeyRing) {}

  /** @param accountId bound into the envelope */
  seal(accountId: string, secret: string): SealedSecret {
    const { id: keyId, key } = this.ring.current();
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(Buffer.from(accountId));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return {
      keyId,
      envelope: [VERSION, keyId, nonce.toString('base64url'), sealed.toString('base64url')].join('.'),
    };
  }

  /**
   * @param accountId the account whose row holds the envelope
   * @throws SealBrokenError
   */
  open(accountId: string, secret: SealedSecret): string {
    const [version, keyId, nonceText, sealedText, ...rest] = secret.envelope.split('.');
    if (
      version !== VERSION ||
      keyId === undefined ||
      nonceText === undefined ||
      sealedText === undefined ||
      rest.length > 0
    ) {
      throw new SealBrokenError('sealed secret has an unknown form');
    }
    const key = this.ring.find(keyId);
    if (key === undefined)
      throw new SealBrokenError(`sealed secret needs master key ${keyId}, which is not in the ring`);
    const nonce = Buffer.from(nonceText, 'base64url');
    const sealed = Buffer.from(sealedText, 'base64url');
    if (nonce.length !== NONCE_BYTES || sealed.length < TAG_BYTES) {
      throw new SealBrokenError('sealed secret is cut short');
    }
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(accountId));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    try {
      return decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw new SealBrokenError('sealed secret does not open under its master key');
    }
  }
}

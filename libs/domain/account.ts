import type { RateLimit } from './rate-limit';
import type { ValidationLogSetting } from './validation-log';

export type AccountStatus = 'active' | 'suspended';

/** A SecretKey sealed under a master key. */
export interface SealedSecret {
  /** Which master key opens it. */
  readonly keyId: string;
  /** `v1.{keyId}.{nonce}.{ciphertext and tag}`, base64url parts. */
  readonly envelope: string;
}

/** What proves an account: the sealed SecretKey for HMAC, its bcrypt hash where the SecretKey itself is presented. */
export interface AccountCredentials {
  readonly accessKey: string;
  readonly secretSealed: SealedSecret;
  readonly secretHash: string;
}

/** A tenant. */
export interface Account {
  readonly id: string;
  /** Lower-cased. Absent for an account made from a Qiniu uid. */
  readonly email?: string;
  readonly company: string;
  /** bcrypt. Absent where the account was not registered with a password. */
  readonly passwordHash?: string;
  /** Absent for an account that never signs by HMAC here (Qiniu uid, external directory). */
  readonly credentials?: AccountCredentials;
  readonly status: AccountStatus;
  readonly rateLimit?: RateLimit;
  readonly qiniuUid?: number;
  readonly validationLog?: ValidationLogSetting;
  /** `directory`: a shadow of an account that an external directory owns. */
  readonly origin: 'local' | 'directory';
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

import { randomBase62, randomHex } from './random';

/** Characters of randomness in our ids: 131 bits, so that they can't be guessed or collide. */
const ID_LENGTH = 22;

/** A new account id: `acc_` + 22 base-62 characters. */
export function newAccountId(): string {
  return `acc_${randomBase62(ID_LENGTH)}`;
}

/** A new token id: `tk_` + 22 base-62 characters. */
export function newTokenId(): string {
  return `tk_${randomBase62(ID_LENGTH)}`;
}

/** A new audit record id: `aud_` + 22 base-62 characters. */
export function newAuditId(): string {
  return `aud_${randomBase62(ID_LENGTH)}`;
}

/** A new id in the validation log: `val_` + 22 base-62 characters. */
export function newValidationId(): string {
  return `val_${randomBase62(ID_LENGTH)}`;
}

/** A new upload token id: `ut_` + 22 base-62 characters. */
export function newUploadTokenId(): string {
  return `ut_${randomBase62(ID_LENGTH)}`;
}

/** A new id of an uploaded file: `file_` + 22 base-62 characters. */
export function newFileId(): string {
  return `file_${randomBase62(ID_LENGTH)}`;
}

/** A new id of a callback: `ucb_` + 22 base-62 characters. */
export function newUploadCallbackId(): string {
  return `ucb_${randomBase62(ID_LENGTH)}`;
}

/** A new AccessKey: `AK_` + 32 hex. */
export function newAccessKey(): string {
  return `AK_${randomHex(16)}`;
}

/** A new SecretKey: `SK_` + 64 hex (256 bits). Shown once, then only sealed and hashed. */
export function newSecretKey(): string {
  return `SK_${randomHex(32)}`;
}

/**
 * The account that a Qiniu user maps to in simple mapping.
 * @param uid a uint32 other than 0
 */
export function qiniuAccountId(uid: number): string {
  return `qiniu_${String(uid)}`;
}

/** Whether a path segment can be an id at all (ours or an imported one); anything else is simply not found. */
export function isIdShaped(value: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(value);
}

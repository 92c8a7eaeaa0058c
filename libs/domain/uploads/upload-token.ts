import type { AccountStatus, SealedSecret } from '../account';

/** Whose the tokens and files of the upload administrator's key are. No account can have this id: none holds an `@`. */
export const UPLOAD_ADMIN = '@upload-admin';

/** How long a used, revoked or expired token is remembered, in milliseconds, so that it answers by its own code: 24 h. */
const UPLOAD_TOKEN_RETENTION_MS = 86_400_000;

/** When the record of a token that ends then, or expires, may go. */
export function uploadTokenPurgeAt(endedAt: Date): Date {
  return new Date(endedAt.getTime() + UPLOAD_TOKEN_RETENTION_MS);
}

/** Who is told when an upload is stored. */
export interface UploadCallbackTarget {
  /** https */
  readonly url: string;
  /** Signs what is sent; shown once, when the token is issued. */
  readonly secret: SealedSecret;
}

/** What its issuer bound into a token; absent parts bind nothing beyond the settings. */
export interface UploadTokenOptions {
  /** Largest file, in bytes. */
  readonly maxBytes?: number;
  /** Media types such as `video/mp4` or `video/*`. */
  readonly allowedTypes?: readonly string[];
  /** The name the file is stored under, whatever it is sent as. */
  readonly fileName?: string;
  /** Put before the name the file is sent as. */
  readonly fileNamePrefix?: string;
  /** For the issuer: whom or what the upload is for. */
  readonly ownerLabel?: string;
  readonly callback?: UploadCallbackTarget;
}

/**
 * Why a token works no more.
 * - `stored`: its upload is finished
 * - `refused`: its upload was refused for what the client sent
 * - `revoked`: by its issuer, or with its account
 */
export type UploadTokenEndReason = 'stored' | 'refused' | 'revoked';

/** The end of a token; there is one, whoever comes first. */
export interface UploadTokenEnd {
  readonly reason: UploadTokenEndReason;
  readonly at: Date;
  /** Of a stored upload. */
  readonly fileId?: string;
}

/** A token for one upload: its value is not in it, only the value's hash and preview. */
export interface UploadToken {
  readonly id: string;
  /** An account, or {@link UPLOAD_ADMIN}. */
  readonly accountId: string;
  /** SHA-256 of the value, 32 bytes. */
  readonly hash: Buffer;
  readonly preview: string;
  readonly options: UploadTokenOptions;
  /** The sub-account that issued it; only it and the main account may see it. */
  readonly iuid?: string;
  readonly createdAt: Date;
  /** Uploads may begin before it; one that has begun may end after it. */
  readonly expiresAt: Date;
  /** When the record itself goes away; moved on by the token's end. */
  readonly purgeAt: Date;
  readonly end?: UploadTokenEnd;
}

/** A token with what decides whether it may be used, read in one step. */
export interface UploadCredential {
  readonly token: UploadToken;
  /** Of its account; `active` for {@link UPLOAD_ADMIN}; `undefined` when the account is gone. */
  readonly accountStatus: AccountStatus | undefined;
}

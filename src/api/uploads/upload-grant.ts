import type { UploadToken, UploadedFile } from '@tollgate/domain';

/** An upload that may proceed. */
export interface UploadGrant {
  /** Of the file that will be. */
  readonly fileId: string;
  readonly accountId: string;
  /** `undefined` where uploads need none. */
  readonly token: UploadToken | undefined;
  /** See `UploadReservations`. */
  readonly holder: string;
  /** Largest file, in bytes. */
  readonly maxBytes: number;
}

/** The content of a finished upload, on stable storage but visible to nobody. */
export type UploadContent = Pick<UploadedFile, 'storageKey' | 'name' | 'size' | 'type' | 'sha256'>;

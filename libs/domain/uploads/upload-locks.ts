/** How long a lock holds unless it is renewed, in milliseconds: a process that dies with it keeps others out for no longer. */
export const UPLOAD_LOCK_LEASE_MS = 10_000;

/**
 * - `held`: for {@link UPLOAD_LOCK_LEASE_MS} more
 * - `wanted`: the same, and somebody waits for it
 * - `lost`: it is another's, or was let go
 */
export type LockState = 'held' | 'wanted' | 'lost';

/** Lets one request at a time work on a resumable upload, over all processes that share the uploads. */
export abstract class UploadLocks {
  /**
   * @param uploadId `[A-Za-z0-9_]`
   * @param holder unique to the request, at most 40 characters
   * @returns false when another holds it, who is told by {@link renew} that somebody waits
   */
  abstract tryLock(uploadId: string, holder: string): Promise<boolean>;

  abstract renew(uploadId: string, holder: string): Promise<LockState>;

  /** Nothing happens when it is not this holder's any more. */
  abstract unlock(uploadId: string, holder: string): Promise<void>;
}

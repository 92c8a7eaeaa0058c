import type { AuditRecord } from '../audit-record';
import type { UploadCallback } from './uploaded-file';

/** What is still to be told of stored uploads. Written by the commit of an upload. */
export abstract class UploadCallbackRepository {
  /**
   * Takes up to `limit` that are due, oldest first, for this process alone until `until`; then they are due again unless
   * they were {@link postpone}d or {@link remove}d.
   */
  abstract claimDue(now: Date, until: Date, limit: number): Promise<readonly UploadCallback[]>;

  /** After a delivery that failed: counts it, and says when to try again. */
  abstract postpone(callbackId: string, dueAt: Date): Promise<void>;

  /** Delivered, or given up; `audit` tells which. @returns false when it is gone already (then nothing is audited) */
  abstract remove(callbackId: string, audit: AuditRecord): Promise<boolean>;
}

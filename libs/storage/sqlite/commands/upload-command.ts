import type { ReserveOutcome, UploadCommitOutcome, UploadTokenInsertOutcome } from '@tollgate/domain';
import type { AuditRow } from '../rows/audit-row';
import type { UploadCallbackRow } from '../rows/upload-callback-row';
import type { UploadTokenRow } from '../rows/upload-token-row';
import type { UploadedFileRow } from '../rows/uploaded-file-row';

/** The end of tokens of one account, but for how they end. */
interface TokensEnd {
  readonly accountId: string;
  readonly atMs: number;
  readonly purgeAtMs: number;
}

/** The end of one token, and the record of it. */
interface TokenEnd extends TokensEnd {
  readonly tokenId: string;
  readonly audit: AuditRow;
}

/** A file to be kept, with what goes along with it. */
export interface FileCommit {
  readonly file: UploadedFileRow;
  readonly callback: UploadCallbackRow | null;
  /** Most bytes that the account's files may have together, this one included; `null`: any. */
  readonly quotaBytes: number | null;
  readonly audit: AuditRow;
}

/** Who holds a token, or would. */
interface Holding {
  readonly accountId: string;
  readonly tokenId: string;
  readonly holder: string;
}

/** What a reservation takes; see `UploadReservations.reserve`. */
export interface Reservation extends Holding {
  readonly nowMs: number;
  readonly holdMs: number;
  readonly maxAttempts: number;
  readonly maxReceivedBytes: number;
}

/** Every write of upload tokens and what comes of them; see `WriteVerbs`. */
export interface UploadWriteVerbs {
  'uploadToken.insert': { input: { token: UploadTokenRow; audit: AuditRow }; result: UploadTokenInsertOutcome };
  /** The token as it is now, with whatever end it has. */
  'uploadToken.revoke': { input: TokenEnd; result: UploadTokenRow | null };
  'uploadToken.revokeAll': { input: TokensEnd; result: number };
  'uploadToken.refuse': { input: TokenEnd; result: boolean };
  'uploadToken.commit': {
    input: FileCommit & { tokenId: string; purgeAtMs: number };
    result: UploadCommitOutcome;
  };
  'uploadToken.purge': { input: { nowMs: number; limit: number }; result: number };
  'uploadedFile.insert': { input: FileCommit; result: 'stored' | 'quota' };
  'uploadedFile.delete': {
    input: { accountId: string; fileId: string; audit: AuditRow };
    result: UploadedFileRow | null;
  };
  'uploadedFile.forgetDeleted': { input: { fileIds: readonly string[] }; result: null };
  'uploadCallback.claimDue': {
    input: { nowMs: number; untilMs: number; limit: number };
    result: UploadCallbackRow[];
  };
  'uploadCallback.postpone': { input: { callbackId: string; dueAtMs: number }; result: null };
  'uploadCallback.remove': { input: { callbackId: string; audit: AuditRow }; result: boolean };
  'uploadReservation.reserve': { input: Reservation; result: ReserveOutcome };
  'uploadReservation.renew': {
    input: Holding & { receivedBytes: number; heldUntilMs: number };
    result: boolean;
  };
  'uploadReservation.release': { input: Holding & { receivedBytes: number }; result: null };
}

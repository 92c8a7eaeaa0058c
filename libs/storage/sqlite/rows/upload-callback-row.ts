import type { UploadCallback } from '@tollgate/domain';

/** A callback as its table has it; also the form in which it crosses to the writer thread. */
export interface UploadCallbackRow {
  readonly id: string;
  readonly account_id: string;
  readonly file_id: string;
  readonly url: string;
  readonly secret_key_id: string;
  readonly secret_envelope: string;
  readonly payload: string;
  readonly attempts: number;
  readonly due_at: number;
  readonly created_at: number;
}

/** The columns of {@link UploadCallbackRow}, for SELECT and INSERT. */
export const UPLOAD_CALLBACK_COLUMNS =
  'id, account_id, file_id, url, secret_key_id, secret_envelope, payload, attempts, due_at, created_at';

export function toUploadCallbackRow(callback: UploadCallback): UploadCallbackRow {
  return {
    id: callback.id,
    account_id: callback.accountId,
    file_id: callback.fileId,
    url: callback.url,
    secret_key_id: callback.secretKeyId,
    secret_envelope: callback.secretEnvelope,
    payload: callback.payload,
    attempts: callback.attempts,
    due_at: callback.dueAt.getTime(),
    created_at: callback.createdAt.getTime(),
  };
}

export function toUploadCallback(row: UploadCallbackRow): UploadCallback {
  return {
    id: row.id,
    accountId: row.account_id,
    fileId: row.file_id,
    url: row.url,
    secretKeyId: row.secret_key_id,
    secretEnvelope: row.secret_envelope,
    payload: row.payload,
    attempts: row.attempts,
    dueAt: new Date(row.due_at),
    createdAt: new Date(row.created_at),
  };
}

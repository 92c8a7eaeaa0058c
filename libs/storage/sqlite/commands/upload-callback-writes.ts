import type { Database } from 'better-sqlite3';
import { UPLOAD_CALLBACK_COLUMNS, type UploadCallbackRow } from '../rows/upload-callback-row';
import type { AuditAppender } from './audit-writes';
import type { WriteHandlers } from './command';

/** Notes what is to be told of a file that is being kept. */
export type CallbackAppender = (callback: UploadCallbackRow) => void;

export function callbackAppender(db: Database): CallbackAppender {
  const insert = db.prepare<[UploadCallbackRow]>(
    `INSERT INTO upload_callbacks (${UPLOAD_CALLBACK_COLUMNS})
     VALUES (@id, @account_id, @file_id, @url, @secret_key_id, @secret_envelope, @payload, @attempts, @due_at,
             @created_at)`,
  );
  return (callback) => {
    insert.run(callback);
  };
}

export function uploadCallbackWrites(
  db: Database,
  appendAudit: AuditAppender,
): WriteHandlers<'uploadCallback.claimDue' | 'uploadCallback.postpone' | 'uploadCallback.remove'> {
  const findDue = db.prepare<[number, number], UploadCallbackRow>(
    `SELECT ${UPLOAD_CALLBACK_COLUMNS} FROM upload_callbacks WHERE due_at <= ? ORDER BY due_at, id LIMIT ?`,
  );
  const claim = db.prepare<[number, string]>('UPDATE upload_callbacks SET due_at = ? WHERE id = ?');
  const postpone = db.prepare<[number, string]>(
    'UPDATE upload_callbacks SET due_at = ?, attempts = attempts + 1 WHERE id = ?',
  );
  const remove = db.prepare<[string]>('DELETE FROM upload_callbacks WHERE id = ?');
  return {
    'uploadCallback.claimDue': ({ nowMs, untilMs, limit }) => {
      const due = findDue.all(nowMs, limit);
      for (const { id } of due) claim.run(untilMs, id);
      return due;
    },
    'uploadCallback.postpone': ({ callbackId, dueAtMs }) => {
      postpone.run(dueAtMs, callbackId);
      return null;
    },
    'uploadCallback.remove': ({ callbackId, audit }) => {
      if (remove.run(callbackId).changes === 0) return false;
      appendAudit(audit);
      return true;
    },
  };
}

import type { Database } from 'better-sqlite3';
import { UPLOADED_FILE_COLUMNS, type UploadedFileRow } from '../rows/uploaded-file-row';
import type { AuditAppender } from './audit-writes';
import type { WriteHandlers } from './command';
import type { CallbackAppender } from './upload-callback-writes';
import type { FileCommit } from './upload-command';

/** Keeps a file and what goes along with it, unless the quota has no room for it. */
export type FileKeeper = (commit: FileCommit) => 'stored' | 'quota';

export function fileKeeper(db: Database, appendAudit: AuditAppender, appendCallback: CallbackAppender): FileKeeper {
  const usedBytes = db.prepare<[string], number>('SELECT bytes FROM uploaded_bytes WHERE account_id = ?').pluck();
  const insert = db.prepare<[UploadedFileRow]>(
    `INSERT INTO uploaded_files (${UPLOADED_FILE_COLUMNS})
     VALUES (@id, @account_id, @token_id, @storage_key, @name, @size, @type, @sha256, @owner_label, @iuid,
             @idempotency_hash, @created_at)`,
  );
  const addBytes = db.prepare<[UploadedFileRow]>(
    `INSERT INTO uploaded_bytes (account_id, bytes) VALUES (@account_id, @size)
     ON CONFLICT (account_id) DO UPDATE SET bytes = bytes + excluded.bytes`,
  );
  return ({ file, callback, quotaBytes, audit }) => {
    if (quotaBytes !== null && (usedBytes.get(file.account_id) ?? 0) + file.size > quotaBytes) return 'quota';
    insert.run(file);
    addBytes.run(file);
    if (callback !== null) appendCallback(callback);
    appendAudit(audit);
    return 'stored';
  };
}

export function uploadedFileWrites(
  db: Database,
  keepFile: FileKeeper,
  appendAudit: AuditAppender,
): WriteHandlers<'uploadedFile.insert' | 'uploadedFile.delete' | 'uploadedFile.forgetDeleted'> {
  const remove = db.prepare<[string, string], UploadedFileRow>(
    `DELETE FROM uploaded_files WHERE id = ? AND account_id = ? RETURNING ${UPLOADED_FILE_COLUMNS}`,
  );
  const takeBytes = db.prepare<[UploadedFileRow]>(
    'UPDATE uploaded_bytes SET bytes = bytes - @size WHERE account_id = @account_id',
  );
  const remember = db.prepare<[UploadedFileRow]>(
    'INSERT INTO deleted_files (id, storage_key) VALUES (@id, @storage_key)',
  );
  const forget = db.prepare<[string]>('DELETE FROM deleted_files WHERE id = ?');
  return {
    'uploadedFile.insert': keepFile,
    'uploadedFile.delete': ({ accountId, fileId, audit }) => {
      const file = remove.get(fileId, accountId);
      if (file === undefined) return null;
      takeBytes.run(file);
      remember.run(file);
      appendAudit(audit);
      return file;
    },
    'uploadedFile.forgetDeleted': ({ fileIds }) => {
      for (const fileId of fileIds) forget.run(fileId);
      return null;
    },
  };
}

import { type AccountStatus, UPLOAD_ADMIN, type UploadTokenEndReason } from '@tollgate/domain';
import type { Database } from 'better-sqlite3';
import { UPLOAD_TOKEN_COLUMNS, type UploadTokenRow } from '../rows/upload-token-row';
import type { AuditAppender } from './audit-writes';
import type { WriteHandlers, WriteVerb } from './command';
import type { FileKeeper } from './uploaded-file-writes';

interface End {
  readonly accountId: string;
  readonly tokenId: string;
  readonly reason: UploadTokenEndReason;
  readonly atMs: number;
  readonly purgeAtMs: number;
  readonly fileId: string | null;
}

export function uploadTokenWrites(
  db: Database,
  keepFile: FileKeeper,
  appendAudit: AuditAppender,
): WriteHandlers<Extract<WriteVerb, `uploadToken.${string}`>> {
  const insert = db.prepare<[UploadTokenRow]>(
    `INSERT INTO upload_tokens (${UPLOAD_TOKEN_COLUMNS})
     VALUES (@id, @account_id, @hash, @preview, @max_bytes, @allowed_types, @file_name, @file_name_prefix,
             @owner_label, @callback_url, @callback_key_id, @callback_envelope, @iuid, @created_at, @expires_at,
             @purge_at, @end_reason, @ended_at, @file_id)`,
  );
  const find = db.prepare<[string, string], UploadTokenRow>(
    `SELECT ${UPLOAD_TOKEN_COLUMNS} FROM upload_tokens WHERE id = ? AND account_id = ?`,
  );
  const isOpen = db.prepare<[string, string]>(
    'SELECT 1 FROM upload_tokens WHERE id = ? AND account_id = ? AND end_reason IS NULL',
  );
  const end = db.prepare<[End]>(
    `UPDATE upload_tokens SET end_reason = @reason, ended_at = @atMs, file_id = @fileId, purge_at = @purgeAtMs
     WHERE id = @tokenId AND account_id = @accountId AND end_reason IS NULL`,
  );
  const revokeAll = db.prepare<[{ accountId: string; atMs: number; purgeAtMs: number }]>(
    `UPDATE upload_tokens SET end_reason = 'revoked', ended_at = @atMs, purge_at = @purgeAtMs
     WHERE account_id = @accountId AND end_reason IS NULL`,
  );
  const findStatus = db.prepare<[string], AccountStatus>('SELECT status FROM accounts WHERE id = ?').pluck();
  const purge = db.prepare<[{ nowMs: number; limit: number }]>(
    `DELETE FROM upload_tokens WHERE rowid IN
       (SELECT rowid FROM upload_tokens
        WHERE purge_at <= @nowMs AND (held_until IS NULL OR held_until <= @nowMs) ORDER BY purge_at LIMIT @limit)`,
  );

  const isActive = (accountId: string): boolean => accountId === UPLOAD_ADMIN || findStatus.get(accountId) === 'active';

  return {
    'uploadToken.insert': ({ token, audit }) => {
      if (findStatus.get(token.account_id) === 'suspended') return 'suspended';
      insert.run(token);
      appendAudit(audit);
      return 'inserted';
    },
    'uploadToken.revoke': ({ audit, ...ending }) => {
      if (end.run({ ...ending, reason: 'revoked', fileId: null }).changes === 1) appendAudit(audit);
      return find.get(ending.tokenId, ending.accountId) ?? null;
    },
    'uploadToken.revokeAll': (ending) => revokeAll.run(ending).changes,
    'uploadToken.refuse': ({ audit, ...ending }) => {
      if (end.run({ ...ending, reason: 'refused', fileId: null }).changes === 0) return false;
      appendAudit(audit);
      return true;
    },
    'uploadToken.commit': ({ tokenId, purgeAtMs, ...commit }) => {
      const { account_id: accountId, id: fileId, created_at: atMs } = commit.file;
      if (isOpen.get(tokenId, accountId) === undefined) return 'ended';
      if (!isActive(accountId)) return 'suspended';
      const outcome = keepFile(commit);
      if (outcome === 'stored') end.run({ accountId, tokenId, reason: 'stored', atMs, purgeAtMs, fileId });
      return outcome;
    },
    'uploadToken.purge': (due) => purge.run(due).changes,
  };
}

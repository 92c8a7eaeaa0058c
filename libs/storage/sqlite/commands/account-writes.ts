import type { AccountStatus, ImportOutcome } from '@tollgate/domain';
import type { Database } from 'better-sqlite3';
import { ACCOUNT_COLUMNS, type AccountRow } from '../rows/account-row';
import type { AuditRow } from '../rows/audit-row';
import type { AuditAppender } from './audit-writes';
import type { ChangeLog } from './change-log';
import type { WriteHandlers, WriteVerb } from './command';
import { importOutcome } from './import-outcome';

type AccountVerb = Extract<WriteVerb, `account.${string}`> | 'import.account';

export function accountWrites(
  db: Database,
  changes: ChangeLog,
  appendAudit: AuditAppender,
): WriteHandlers<AccountVerb> {
  const insert = db.prepare<[AccountRow]>(
    `INSERT INTO accounts (${ACCOUNT_COLUMNS})
     VALUES (@id, @email, @company, @password_hash, @access_key, @secret_key_id, @secret_envelope, @secret_hash,
             @status, @rate_limit, @qiniu_uid, @validation_log_retention_ms, @origin, @created_at, @updated_at)`,
  );
  const find = db.prepare<[string], AccountRow>(`SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE id = ?`);
  const replaceSecret = db.prepare<[string, string, string, number, string], AccountRow>(
    `UPDATE accounts SET secret_key_id = ?, secret_envelope = ?, secret_hash = ?, updated_at = ?
     WHERE id = ? AND access_key IS NOT NULL RETURNING ${ACCOUNT_COLUMNS}`,
  );
  const setStatus = db.prepare<[AccountStatus, number, string], AccountRow>(
    `UPDATE accounts SET status = ?, updated_at = ? WHERE id = ? RETURNING ${ACCOUNT_COLUMNS}`,
  );
  const setRateLimit = db.prepare<[string | null, number, string], AccountRow>(
    `UPDATE accounts SET rate_limit = ?, updated_at = ? WHERE id = ? RETURNING ${ACCOUNT_COLUMNS}`,
  );
  const setValidationLog = db.prepare<[number | null, number, string], AccountRow>(
    `UPDATE accounts SET validation_log_retention_ms = ?, updated_at = ? WHERE id = ? RETURNING ${ACCOUNT_COLUMNS}`,
  );
  const updateFromDirectory = db.prepare<[AccountRow]>(
    `UPDATE accounts SET email = @email, status = @status, updated_at = @updated_at WHERE id = @id`,
  );
  const reseal = db.prepare<[string, string, string, string, string]>(
    `UPDATE accounts SET secret_key_id = ?, secret_envelope = ?
     WHERE id = ? AND secret_key_id = ? AND secret_envelope = ?`,
  );

  /** Tells the caches and keeps the record of a change, if there was one. */
  const changed = (row: AccountRow | undefined, audit: AuditRow): AccountRow | null => {
    if (row === undefined) return null;
    appendAudit(audit);
    changes.accountChanged(row.id);
    return row;
  };

  return {
    'account.insert': ({ account, audit }) => {
      insert.run(account);
      appendAudit(audit);
      changes.accountChanged(account.id);
      return null;
    },
    'account.replaceSecret': ({ accountId, keyId, envelope, secretHash, atMs, audit }) =>
      changed(replaceSecret.get(keyId, envelope, secretHash, atMs, accountId), audit),
    'account.setStatus': ({ accountId, status, atMs, audit }) => changed(setStatus.get(status, atMs, accountId), audit),
    'account.setRateLimit': ({ accountId, rateLimit, atMs, audit }) =>
      changed(setRateLimit.get(rateLimit, atMs, accountId), audit),
    'account.setValidationLog': ({ accountId, retentionMs, atMs, audit }) =>
      changed(setValidationLog.get(retentionMs, atMs, accountId), audit),
    'account.upsertFromDirectory': ({ account }) => {
      const stored = find.get(account.id);
      if (stored === undefined) insert.run(account);
      else if (isNews(stored, account)) updateFromDirectory.run(account);
      else return null;
      changes.accountChanged(account.id);
      return null;
    },
    'account.reseal': ({ accountId, fromKeyId, fromEnvelope, toKeyId, toEnvelope }) =>
      reseal.run(toKeyId, toEnvelope, accountId, fromKeyId, fromEnvelope).changes === 1,
    'import.account': ({ account }): ImportOutcome => {
      const stored = find.get(account.id);
      if (stored !== undefined) {
        // An AccessKey never changes, so it tells the same account from another one with its id.
        return stored.access_key === account.access_key ? { kind: 'exists' } : { kind: 'conflict', field: 'id' };
      }
      return importOutcome(() => {
        insert.run(account);
        changes.accountChanged(account.id);
      });
    },
  };
}

function isNews(stored: AccountRow, told: AccountRow): boolean {
  return stored.origin === 'directory' && (stored.email !== told.email || stored.status !== told.status);
}

import type { Database } from 'better-sqlite3';
import { AUDIT_COLUMNS, type AuditRow } from '../rows/audit-row';
import type { WriteHandlers } from './command';

/** Writes an audit record unless its id is there already; says whether it did. */
export type AuditAppender = (record: AuditRow) => boolean;

export function auditAppender(db: Database): AuditAppender {
  const insert = db.prepare<[AuditRow]>(
    `INSERT INTO audit_records (${AUDIT_COLUMNS})
     VALUES (@id, @account_id, @action, @resource_id, @ip, @user_agent, @request_data, @result, @error_message,
             @timestamp)
     ON CONFLICT (id) DO NOTHING`,
  );
  return (record) => insert.run(record).changes === 1;
}

export function auditWrites(
  db: Database,
  appendAudit: AuditAppender,
): WriteHandlers<'audit.append' | 'audit.purge' | 'import.auditRecord'> {
  const purge = db.prepare<[number, number]>(
    `DELETE FROM audit_records WHERE rowid IN
       (SELECT rowid FROM audit_records WHERE timestamp < ? ORDER BY timestamp LIMIT ?)`,
  );
  return {
    'audit.append': ({ record }) => {
      appendAudit(record);
      return null;
    },
    'audit.purge': ({ beforeMs, limit }) => purge.run(beforeMs, limit).changes,
    'import.auditRecord': ({ record }) => (appendAudit(record) ? { kind: 'inserted' } : { kind: 'exists' }),
  };
}

import type { Database } from 'better-sqlite3';
import { VALIDATION_COLUMNS, type ValidationRow } from '../rows/validation-row';
import type { WriteHandlers } from './command';

export function validationLogWrites(db: Database): WriteHandlers<'validationLog.append' | 'validationLog.purge'> {
  const insert = db.prepare<[ValidationRow]>(
    `INSERT INTO validation_log (${VALIDATION_COLUMNS})
     VALUES (@id, @account_id, @token_id, @at, @result, @scopes, @ip, @user_agent, @purge_at)
     ON CONFLICT (id) DO NOTHING`,
  );
  const purge = db.prepare<[number, number]>(
    `DELETE FROM validation_log WHERE rowid IN
       (SELECT rowid FROM validation_log WHERE purge_at <= ? ORDER BY purge_at LIMIT ?)`,
  );
  return {
    'validationLog.append': ({ records }) => {
      for (const record of records) insert.run(record);
      return null;
    },
    'validationLog.purge': ({ nowMs, limit }) => purge.run(nowMs, limit).changes,
  };
}

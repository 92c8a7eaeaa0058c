import type { DailyUsage, ImportOutcome } from '@tollgate/domain';
import type { Database } from 'better-sqlite3';
import type { AuditRow } from '../rows/audit-row';
import { TOKEN_COLUMNS, type TokenRow } from '../rows/token-row';
import type { AuditAppender } from './audit-writes';
import type { ChangeLog } from './change-log';
import type { TokenChange, WriteHandlers, WriteVerb } from './command';
import { importOutcome } from './import-outcome';
import { usageWrites } from './usage-writes';

type RemovedRow = Pick<TokenRow, 'hash'> & { readonly seq: number };
type TokenVerb = Extract<WriteVerb, `token.${string}`> | 'import.token';

export function tokenWrites(db: Database, changes: ChangeLog, appendAudit: AuditAppender): WriteHandlers<TokenVerb> {
  const insert = db.prepare<[TokenRow]>(
    `INSERT INTO tokens (id, account_id, hash, preview, description, scopes, rate_limit, iuid, iam_alias, is_active,
                         created_at, updated_at, expires_at, purge_at)
     VALUES (@id, @account_id, @hash, @preview, @description, @scopes, @rate_limit, @iuid, @iam_alias, @is_active,
             @created_at, @updated_at, @expires_at, @purge_at)`,
  );
  const find = db.prepare<[string], TokenRow>(`SELECT ${TOKEN_COLUMNS} FROM tokens WHERE id = ?`);
  const setActive = db.prepare<[number, number, string, string], TokenRow>(
    `UPDATE tokens SET is_active = ?, updated_at = ? WHERE id = ? AND account_id = ? RETURNING ${TOKEN_COLUMNS}`,
  );
  const update = db.prepare<[TokenChange], TokenRow>(
    `UPDATE tokens SET
       description = coalesce(@description, description),
       scopes = coalesce(@scopes, scopes),
       rate_limit = iif(@setsRateLimit, @rateLimit, rate_limit),
       updated_at = @atMs
     WHERE id = @tokenId AND account_id = @accountId RETURNING ${TOKEN_COLUMNS}`,
  );
  const remove = db.prepare<[string, string], RemovedRow>(
    'DELETE FROM tokens WHERE id = ? AND account_id = ? RETURNING seq, hash',
  );
  const purge = db.prepare<[number, number], RemovedRow>(
    `DELETE FROM tokens WHERE seq IN
       (SELECT seq FROM tokens WHERE purge_at <= ? ORDER BY purge_at LIMIT ?) RETURNING seq, hash`,
  );
  const usage = usageWrites(db);

  const forget = ({ seq, hash }: RemovedRow): void => {
    usage.remove(seq);
    changes.tokenChanged(hash);
  };
  /** Tells the caches and keeps the record of a change, if there was one. */
  const changed = (row: TokenRow | undefined, audit: AuditRow): TokenRow | null => {
    if (row === undefined) return null;
    appendAudit(audit);
    changes.tokenChanged(row.hash);
    return row;
  };
  const importNew = (token: TokenRow, days: readonly DailyUsage[]): ImportOutcome =>
    importOutcome(() => {
      usage.take(Number(insert.run(token).lastInsertRowid), token, days);
      changes.tokenChanged(token.hash);
    });

  return {
    'token.insert': ({ token, audit }) => {
      usage.take(Number(insert.run(token).lastInsertRowid), token, []);
      appendAudit(audit);
      // Its hash may be cached as unknown.
      changes.tokenChanged(token.hash);
      return null;
    },
    'token.setActive': ({ accountId, tokenId, isActive, atMs, audit }) =>
      changed(setActive.get(isActive, atMs, tokenId, accountId), audit),
    'token.update': ({ change, audit }) => changed(update.get(change), audit),
    'token.delete': ({ accountId, tokenId, audit }) => {
      const row = remove.get(tokenId, accountId);
      if (row === undefined) return false;
      appendAudit(audit);
      forget(row);
      return true;
    },
    'token.recordUsage': ({ batchId, atMs, entries }) => {
      usage.record(batchId, atMs, entries);
      return null;
    },
    'token.foldUsage': ({ beforeHour, limit }) => usage.fold(beforeHour, limit),
    'token.purge': ({ nowMs, limit }) => {
      const rows = purge.all(nowMs, limit);
      rows.forEach(forget);
      return rows.length;
    },
    'import.token': ({ token, usage: days }) => {
      const stored = find.get(token.id);
      if (stored === undefined) return importNew(token, days);
      return isSameToken(stored, token) ? { kind: 'exists' } : { kind: 'conflict', field: 'id' };
    },
  };
}

function isSameToken(stored: TokenRow, told: TokenRow): boolean {
  return stored.account_id === told.account_id && Buffer.compare(stored.hash, told.hash) === 0;
}

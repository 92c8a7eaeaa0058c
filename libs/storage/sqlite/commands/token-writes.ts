import type { DailyUsage, ImportOutcome } from '@tollgate/domain';
import type { Database } from 'better-sqlite3';
import { TOKEN_COLUMNS, type TokenRow } from '../rows/token-row';
import type { AuditAppender } from './audit-writes';
import type { ChangeLog } from './change-log';
import type { UsageEntry, WriteHandlers, WriteVerb } from './command';
import { importOutcome } from './import-outcome';

type TokenVerb = Extract<WriteVerb, `token.${string}`> | 'import.token';

export function tokenWrites(db: Database, changes: ChangeLog, appendAudit: AuditAppender): WriteHandlers<TokenVerb> {
  const insert = db.prepare<[TokenRow]>(
    `INSERT INTO tokens (${TOKEN_COLUMNS})
     VALUES (@id, @account_id, @hash, @preview, @description, @scopes, @rate_limit, @iuid, @iam_alias, @is_active,
             @created_at, @updated_at, @expires_at, @purge_at, @total_requests, @last_used_at)`,
  );
  const find = db.prepare<[string], TokenRow>(`SELECT ${TOKEN_COLUMNS} FROM tokens WHERE id = ?`);
  const setActive = db.prepare<[number, number, string, string], TokenRow>(
    `UPDATE tokens SET is_active = ?, updated_at = ? WHERE id = ? AND account_id = ? RETURNING ${TOKEN_COLUMNS}`,
  );
  const remove = db.prepare<[string, string], Pick<TokenRow, 'hash'>>(
    'DELETE FROM tokens WHERE id = ? AND account_id = ? RETURNING hash',
  );
  const purge = db.prepare<[number, number], Pick<TokenRow, 'hash'>>(
    `DELETE FROM tokens WHERE rowid IN
       (SELECT rowid FROM tokens WHERE purge_at <= ? ORDER BY purge_at LIMIT ?) RETURNING hash`,
  );
  const addTotal = db.prepare<[UsageEntry]>(
    `UPDATE tokens SET total_requests = total_requests + @requests,
                       last_used_at = max(coalesce(last_used_at, @lastUsedAtMs), @lastUsedAtMs)
     WHERE id = @tokenId AND account_id = @accountId`,
  );
  const addDay = db.prepare<[string, string, number]>(
    `INSERT INTO token_usage (token_id, day, requests) VALUES (?, ?, ?)
     ON CONFLICT (token_id, day) DO UPDATE SET requests = requests + excluded.requests`,
  );

  const importNew = (token: TokenRow, usage: readonly DailyUsage[]): ImportOutcome =>
    importOutcome(() => {
      insert.run(token);
      for (const { day, requests } of usage) addDay.run(token.id, day, requests);
      changes.tokenChanged(token.hash);
    });

  return {
    'token.insert': ({ token, audit }) => {
      insert.run(token);
      appendAudit(audit);
      // Its hash may be cached as unknown.
      changes.tokenChanged(token.hash);
      return null;
    },
    'token.setActive': ({ accountId, tokenId, isActive, atMs, audit }) => {
      const row = setActive.get(isActive, atMs, tokenId, accountId);
      if (row === undefined) return null;
      appendAudit(audit);
      changes.tokenChanged(row.hash);
      return row;
    },
    'token.delete': ({ accountId, tokenId, audit }) => {
      const row = remove.get(tokenId, accountId);
      if (row === undefined) return false;
      appendAudit(audit);
      changes.tokenChanged(row.hash);
      return true;
    },
    'token.recordUsage': ({ entries }) => {
      for (const entry of entries) {
        if (addTotal.run(entry).changes === 1) addDay.run(entry.tokenId, entry.day, entry.requests);
      }
      return null;
    },
    'token.purge': ({ nowMs, limit }) => {
      const rows = purge.all(nowMs, limit);
      for (const { hash } of rows) changes.tokenChanged(hash);
      return rows.length;
    },
    'import.token': ({ token, usage }) => {
      const stored = find.get(token.id);
      if (stored === undefined) return importNew(token, usage);
      return isSameToken(stored, token) ? { kind: 'exists' } : { kind: 'conflict', field: 'id' };
    },
  };
}

function isSameToken(stored: TokenRow, told: TokenRow): boolean {
  return stored.account_id === told.account_id && Buffer.compare(stored.hash, told.hash) === 0;
}

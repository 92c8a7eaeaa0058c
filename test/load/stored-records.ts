import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';

/** As the store does: each version of the package crashes on some Node. */
const Sqlite = createRequire(__filename)(
  Number(process.versions.node.split('.', 1)[0]) >= 24 ? 'better-sqlite3-v13' : 'better-sqlite3',
) as typeof Database;

/** Each finds records of which only a part was written; the names say what must not be. */
const HALF_WRITTEN: Readonly<Record<string, string>> = {
  'a token without the record of its creation': `
    SELECT id FROM tokens t WHERE NOT EXISTS (
      SELECT 1 FROM audit_records WHERE action = 'create_token' AND result = 'success' AND resource_id = t.id)`,
  'a created token that is gone without the record of its deletion': `
    SELECT resource_id AS id FROM audit_records a WHERE action = 'create_token' AND result = 'success'
      AND NOT EXISTS (SELECT 1 FROM tokens WHERE id = a.resource_id)
      AND NOT EXISTS (
        SELECT 1 FROM audit_records WHERE action = 'delete_token' AND result = 'success' AND resource_id = a.resource_id)`,
  'a token that was deleted and is there': `
    SELECT resource_id AS id FROM audit_records WHERE action = 'delete_token' AND result = 'success'
      AND resource_id IN (SELECT id FROM tokens)`,
  'a token whose state is not the one last recorded': `
    SELECT id FROM tokens t WHERE is_active <> 1 - (
      SELECT count(*) % 2 FROM audit_records
      WHERE action = 'update_token' AND result = 'success' AND resource_id = t.id)`,
  'a token of no account': `SELECT id FROM tokens WHERE account_id NOT IN (SELECT id FROM accounts)`,
  'an account without the record of its registration': `
    SELECT id FROM accounts a WHERE NOT EXISTS (
      SELECT 1 FROM audit_records WHERE action = 'register_account' AND result = 'success' AND account_id = a.id)`,
  'a registration without its account': `
    SELECT account_id AS id FROM audit_records WHERE action = 'register_account' AND result = 'success'
      AND account_id NOT IN (SELECT id FROM accounts)`,
  'a total that differs from the sum of its days and hours': `
    SELECT t.id FROM tokens t LEFT JOIN token_totals n ON n.token_seq = t.seq
    WHERE coalesce(n.requests, 0) <>
      (SELECT coalesce(sum(requests), 0) FROM usage_days WHERE token_seq = t.seq AND result = 0) +
      (SELECT coalesce(sum(requests), 0) FROM usage_hours WHERE token_seq = t.seq AND result = 0)`,
};

/** What lies in a store whose process is gone. */
export interface StoredRecords {
  /** Damage to the file and half-written records, in words; empty when all is well. */
  readonly faults: readonly string[];
  readonly tokenIds: ReadonlySet<string>;
}

/** Looks at a copy: opening the file itself would recover it in the api's stead. */
export function readStoredRecords(dataDir: string): StoredRecords {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-crash-'));
  try {
    for (const name of ['tollgate.db', 'tollgate.db-wal']) {
      if (existsSync(join(dataDir, name))) copyFileSync(join(dataDir, name), join(folder, name));
    }
    const db = new Sqlite(join(folder, 'tollgate.db'));
    try {
      const tokenIds = db.prepare<[], string>('SELECT id FROM tokens').pluck().all();
      return { faults: faultsOf(db), tokenIds: new Set(tokenIds) };
    } finally {
      db.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function faultsOf(db: Database.Database): readonly string[] {
  const integrity: unknown = db.pragma('integrity_check', { simple: true });
  const orphans = db.pragma('foreign_key_check') as readonly unknown[];
  return [
    ...(integrity === 'ok' ? [] : [`integrity_check: ${String(integrity)}`]),
    ...(orphans.length === 0 ? [] : [`foreign_key_check: ${String(orphans.length)} rows`]),
    ...Object.entries(HALF_WRITTEN).flatMap(([fault, sql]) =>
      db
        .prepare<[], string>(sql)
        .pluck()
        .all()
        .map((id) => `${fault}: ${id}`),
    ),
  ];
}

import type { Database } from 'better-sqlite3';
import { type Migration, migrationChecksum } from './migrations';

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

/** The database is of another release than this code; opening it could damage it. */
export class SchemaMismatchError extends Error {
  override readonly name = 'SchemaMismatchError';
}

/**
 * Brings a database up to the last of `migrations`. Safe when several processes start at once on one file: each step
 * takes the write lock first and then looks again whether it is still to be done.
 * @param migrations versions 1, 2, 3 … in order
 * @throws SchemaMismatchError when the database has a step that the code does not know, or another form of one
 */
export function migrate(db: Database, migrations: readonly Migration[]): void {
  inWriteTransaction(db, () => {
    db.exec(`CREATE TABLE IF NOT EXISTS schema_migrations (
      version  INTEGER PRIMARY KEY,
      name     TEXT NOT NULL,
      checksum TEXT NOT NULL
    ) STRICT`);
    verifyApplied(db, migrations);
  });
  for (const migration of migrations) {
    inWriteTransaction(db, () => {
      const applied = verifyApplied(db, migrations);
      if (migration.version <= applied) return;
      db.exec(migration.sql);
      db.prepare('INSERT INTO schema_migrations (version, name, checksum) VALUES (?, ?, ?)').run(
        migration.version,
        migration.name,
        migrationChecksum(migration),
      );
    });
  }
}

/** @returns how many steps are done */
function verifyApplied(db: Database, migrations: readonly Migration[]): number {
  const applied = db
    .prepare<[], AppliedMigration>('SELECT version, name, checksum FROM schema_migrations ORDER BY version')
    .all();
  for (const { version, name, checksum } of applied) {
    const known = migrations[version - 1];
    if (known === undefined) {
      throw new SchemaMismatchError(
        `the database is newer than this program: it has schema version ${String(version)} (${name}), ` +
          `the program knows up to ${String(migrations.length)}; run the newer program or restore a backup`,
      );
    }
    if (migrationChecksum(known) !== checksum) {
      throw new SchemaMismatchError(
        `schema version ${String(version)} (${name}) of the database differs from the one this program has; ` +
          `the database was made by another build`,
      );
    }
  }
  return applied.length;
}

function inWriteTransaction(db: Database, work: () => void): void {
  db.transaction(work).immediate();
}

import type { Database } from 'better-sqlite3';

/**
 * Closes a writing connection after moving the write-ahead log into the database file, so that the file alone is the
 * data. The log stays when another process is reading from it; nothing is lost by that.
 */
export function closeCheckpointed(db: Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

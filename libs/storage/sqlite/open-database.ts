import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { SQLITE_LIMITS } from './limits';
import { DatabaseConstructor } from './sqlite-binding';
import { isSqliteError } from './sqlite-error';

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;
const WAL_ATTEMPTS = 100;
const WAL_RETRY_MS = 20;

/** Makes the file and its folder, readable by their owner alone. What is there already keeps its mode. */
export function createDatabaseFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
  // SQLite gives the -wal and -shm files beside it the same mode.
  closeSync(openSync(path, 'a', OWNER_ONLY_FILE));
}

/**
 * A connection that writes: WAL, and an fsync with every commit, so that what was acknowledged survives a power cut.
 * @throws SqliteError when the file is no database or cannot be opened
 */
export function openForWriting(path: string): Database {
  const db = new DatabaseConstructor(path, { fileMustExist: true, timeout: SQLITE_LIMITS.busyTimeoutMs });
  try {
    enterWalMode(db);
    db.pragma('synchronous = FULL');
    db.pragma(`cache_size = -${String(SQLITE_LIMITS.pageCacheKiB)}`);
    db.pragma(`journal_size_limit = ${String(SQLITE_LIMITS.logBytes)}`);
    db.pragma('foreign_keys = ON');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A connection that cannot write. To be opened while a writing one is open, which has recovered the file if needed. */
export function openForReading(path: string): Database {
  const db = new DatabaseConstructor(path, {
    readonly: true,
    fileMustExist: true,
    timeout: SQLITE_LIMITS.readBusyTimeoutMs,
  });
  db.pragma(`cache_size = -${String(SQLITE_LIMITS.pageCacheKiB)}`);
  return db;
}

/**
 * The switch needs the file for a moment alone, and SQLite does not wait for that: processes that start together
 * meet here.
 */
function enterWalMode(db: Database): void {
  for (let attempt = 1; ; attempt++) {
    try {
      const mode: unknown = db.pragma('journal_mode = WAL', { simple: true });
      if (mode === 'wal') return;
      throw new Error(`SQLite cannot use WAL mode here (journal mode is ${String(mode)}); use a local file system`);
    } catch (error) {
      if (attempt === WAL_ATTEMPTS || !isBusy(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_RETRY_MS);
    }
  }
}

function isBusy(error: unknown): boolean {
  return isSqliteError(error) && error.code.startsWith('SQLITE_BUSY');
}

/** What better-sqlite3 throws. */
export interface SqliteFailure {
  readonly name: 'SqliteError';
  /** Extended result code, such as `SQLITE_CONSTRAINT_UNIQUE`. */
  readonly code: string;
  readonly message: string;
}

/**
 * Whether SQLite itself raised an error. Told by its shape: the binding keeps the error class of whoever loaded it
 * first in the process, so `instanceof` fails where a program loads it twice, as Jest does.
 */
export function isSqliteError(error: unknown): error is SqliteFailure {
  return (
    typeof error === 'object' &&
    error !== null &&
    'name' in error &&
    error.name === 'SqliteError' &&
    'code' in error &&
    typeof error.code === 'string'
  );
}

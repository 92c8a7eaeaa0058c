/** The embedded store: one file, opened by every process of the installation. */
export interface SqliteStorageOptions {
  readonly driver: 'sqlite';
  /** The database file. A missing folder is made with mode 0700, a missing file with 0600. */
  readonly path: string;
  /**
   * Where writes run: `thread` in a worker, so that no fsync blocks the event loop; `inline` on the calling thread,
   * for tests that run TypeScript sources. Default: `thread` where the compiled worker stands beside its source.
   */
  readonly writer?: 'thread' | 'inline';
}

/** A MongoDB server, shared by any number of processes. */
export interface MongoStorageOptions {
  readonly driver: 'mongo';
  readonly uri: string;
  /** Default: the one named in `uri`. */
  readonly database?: string;
  /** Whether missing indexes are made at start. */
  readonly createIndexes: boolean;
}

/** Which store keeps the records, and where it is. */
export type StorageOptions = SqliteStorageOptions | MongoStorageOptions;

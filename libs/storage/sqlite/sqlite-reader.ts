import { TollgateError } from '@tollgate/domain';
import type { Database, Statement } from 'better-sqlite3';
import { isSqliteError } from './sqlite-error';

/** The read-only connection of a process. Reads run on the calling thread: an indexed one takes microseconds. */
export class SqliteReader {
  private readonly statements = new Map<string, Statement>();

  /** @param db a connection that cannot write; closed with the reader */
  constructor(private readonly db: Database) {}

  /** The first row, of the shape that the statement says, or `undefined`. */
  get(sql: string, ...parameters: readonly unknown[]): unknown {
    return this.guarded(() => this.prepared(sql).get(...parameters));
  }

  /** Every row, of the shape that the statement says. */
  all(sql: string, ...parameters: readonly unknown[]): unknown[] {
    return this.guarded(() => this.prepared(sql).all(...parameters));
  }

  /** Runs several reads on one state of the database. */
  snapshot<T>(work: () => T): T {
    return this.guarded(() => this.db.transaction(work)());
  }

  /** A number that differs after any other connection, of whatever process, has committed a change. */
  dataVersion(): number {
    return this.guarded(() => this.prepared('PRAGMA data_version').pluck().get() as number);
  }

  close(): void {
    this.db.close();
  }

  /** The texts of statements are few and fixed, so each is compiled once and kept. */
  private prepared(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  private guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      throw new TollgateError('unavailable', 'the record store is unavailable', {
        retryAfterSeconds: 1,
        cause: error,
      });
    }
  }
}

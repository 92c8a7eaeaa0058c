import type { Change } from '@tollgate/domain';
import type { Database, Statement } from 'better-sqlite3';
import { SQLITE_LIMITS } from '../limits';

/** What one transaction changed, and the unbroken run of numbers the log gave it. */
export interface LoggedChanges {
  readonly changes: readonly Change[];
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/**
 * Writes down, in the transaction of the change itself, whatever could make a cached validation wrong in some process.
 * The log is trimmed from its old end; a reader finds that out by a gap in the numbers, which have none otherwise.
 */
export class ChangeLog {
  private pending: Change[] = [];
  private lastSeq = 0;
  private sinceTrim: number = SQLITE_LIMITS.changeLogSlackRows;
  private readonly insert: Statement<[string, string]>;
  private readonly trim: Statement<[number]>;

  constructor(db: Database) {
    this.insert = db.prepare('INSERT INTO changes (kind, key) VALUES (?, ?)');
    this.trim = db.prepare('DELETE FROM changes WHERE seq <= ?');
  }

  /** @param hash SHA-256 of the token value */
  tokenChanged(hash: Uint8Array): void {
    const tokenHash = Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('hex');
    this.append({ kind: 'token', tokenHash }, 'token', tokenHash);
  }

  accountChanged(accountId: string): void {
    this.append({ kind: 'account', accountId }, 'account', accountId);
  }

  /** How many changes the transaction has so far; {@link rollbackTo} takes it. */
  mark(): number {
    return this.pending.length;
  }

  /** Forgets what was written after `mark`; its rows go by the rollback of their savepoint. */
  rollbackTo(mark: number): void {
    this.lastSeq -= this.pending.length - mark;
    this.pending.length = mark;
  }

  /** Trims the log when it is due; to be called before the transaction ends. */
  beforeCommit(): void {
    this.sinceTrim += this.pending.length;
    if (this.pending.length === 0 || this.sinceTrim < SQLITE_LIMITS.changeLogSlackRows) return;
    this.trim.run(this.lastSeq - SQLITE_LIMITS.changeLogRows);
    this.sinceTrim = 0;
  }

  /** What the transaction changed; the next one starts empty. */
  take(): LoggedChanges | undefined {
    const changes = this.pending;
    this.pending = [];
    if (changes.length === 0) return undefined;
    return { changes, firstSeq: this.lastSeq - changes.length + 1, lastSeq: this.lastSeq };
  }

  private append(change: Change, kind: string, key: string): void {
    this.lastSeq = Number(this.insert.run(kind, key).lastInsertRowid);
    this.pending.push(change);
  }
}

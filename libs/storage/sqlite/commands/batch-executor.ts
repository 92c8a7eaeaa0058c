import type { Database, Statement } from 'better-sqlite3';
import { isSqliteError } from '../sqlite-error';
import { accountWrites } from './account-writes';
import { auditAppender, auditWrites } from './audit-writes';
import { ChangeLog, type LoggedChanges } from './change-log';
import type { WriteCommand, WriteHandlers, WriteResult, WriteVerb } from './command';
import { duplicateField } from './duplicate-field';
import { gatewayBoardWrites } from './gateway-board-writes';
import { replayWrites } from './replay-writes';
import { tokenWrites } from './token-writes';
import { trafficWrites } from './traffic-writes';
import { tunnelTokenWrites } from './tunnel-token-writes';
import { callbackAppender, uploadCallbackWrites } from './upload-callback-writes';
import { uploadReservationWrites } from './upload-reservation-writes';
import { uploadTokenWrites } from './upload-token-writes';
import { fileKeeper, uploadedFileWrites } from './uploaded-file-writes';
import { validationLogWrites } from './validation-log-writes';

/** How one command of a committed batch ended. */
export type CommandOutcome =
  | { readonly kind: 'done'; readonly result: WriteResult }
  | { readonly kind: 'duplicate'; readonly field: string }
  /** The command itself is at fault; it left nothing behind. */
  | { readonly kind: 'fault'; readonly message: string };

export interface CommittedBatch {
  /** In the order of the commands. */
  readonly outcomes: readonly CommandOutcome[];
  readonly logged: LoggedChanges | undefined;
}

/** Errors that only the statement at hand has; after every other one the transaction can't be trusted. */
const STATEMENT_ERRORS = /^SQLITE_(?:CONSTRAINT|MISMATCH|TOOBIG|RANGE)/;

/**
 * Group commit: runs many commands in one transaction, and so with one fsync, each in a savepoint of its own, so that
 * a refused one leaves its neighbours alone. Plain and synchronous; the same in the writer thread and inline.
 */
export class BatchExecutor {
  private readonly handlers: WriteHandlers;
  private readonly changes: ChangeLog;
  private readonly begin: Statement<[]>;
  private readonly commit: Statement<[]>;
  private readonly savepoint: Statement<[]>;
  private readonly release: Statement<[]>;
  private readonly rollbackToSavepoint: Statement<[]>;

  /** @param db a writing connection that nobody else uses */
  constructor(private readonly db: Database) {
    this.changes = new ChangeLog(db);
    const appendAudit = auditAppender(db);
    const keepFile = fileKeeper(db, appendAudit, callbackAppender(db));
    this.handlers = {
      ...accountWrites(db, this.changes, appendAudit),
      ...tokenWrites(db, this.changes, appendAudit),
      ...auditWrites(db, appendAudit),
      ...replayWrites(db),
      ...validationLogWrites(db),
      ...uploadTokenWrites(db, keepFile, appendAudit),
      ...uploadReservationWrites(db),
      ...uploadedFileWrites(db, keepFile, appendAudit),
      ...uploadCallbackWrites(db, appendAudit),
      ...tunnelTokenWrites(db),
      ...trafficWrites(db),
      ...gatewayBoardWrites(db),
      ping: () => null,
    };
    this.begin = db.prepare('BEGIN IMMEDIATE');
    this.commit = db.prepare('COMMIT');
    this.savepoint = db.prepare('SAVEPOINT command');
    this.release = db.prepare('RELEASE command');
    this.rollbackToSavepoint = db.prepare('ROLLBACK TO command');
  }

  /**
   * Runs the commands in order and commits them together.
   * @throws when nothing of the batch was kept: the disk is full or failed, or the lock could not be had in time
   */
  executeBatch(commands: readonly WriteCommand[]): CommittedBatch {
    try {
      this.begin.run();
      const outcomes = commands.map((command) => this.execute(command));
      this.changes.beforeCommit();
      this.commit.run();
      return { outcomes, logged: this.changes.take() };
    } catch (error) {
      this.changes.take();
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  private execute(command: WriteCommand): CommandOutcome {
    const mark = this.changes.mark();
    this.savepoint.run();
    try {
      const result = carryOut(this.handlers, command);
      this.release.run();
      return { kind: 'done', result };
    } catch (error) {
      if (isSqliteError(error) && !STATEMENT_ERRORS.test(error.code)) throw error;
      this.rollbackToSavepoint.run();
      this.release.run();
      this.changes.rollbackTo(mark);
      const field = duplicateField(error);
      if (field !== undefined) return { kind: 'duplicate', field };
      const message = isSqliteError(error) || error instanceof Error ? error.message : String(error);
      return { kind: 'fault', message };
    }
  }
}

function carryOut<V extends WriteVerb>(handlers: WriteHandlers<V>, command: WriteCommand<V>): WriteResult<V> {
  return handlers[command.verb](command.input);
}

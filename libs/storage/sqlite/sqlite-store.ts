import { existsSync } from 'node:fs';
import { type Clock, SystemClock } from '@tollgate/domain';
import { SQLITE_LIMITS } from './limits';
import { MIGRATIONS } from './migrations';
import { migrate } from './migrator';
import { createDatabaseFile, openForReading, openForWriting } from './open-database';
import { SqliteAccountRepository } from './repositories/sqlite-account-repository';
import { SqliteAuditRepository } from './repositories/sqlite-audit-repository';
import { SqliteGatewayBoard } from './repositories/sqlite-gateway-board';
import { SqliteImportRepository } from './repositories/sqlite-import-repository';
import { SqliteReplayRepository } from './repositories/sqlite-replay-repository';
import { SqliteTokenRepository } from './repositories/sqlite-token-repository';
import { SqliteTrafficRepository } from './repositories/sqlite-traffic-repository';
import { SqliteTunnelTokenRecords } from './repositories/sqlite-tunnel-token-records';
import { SqliteUploadCallbackRepository } from './repositories/sqlite-upload-callback-repository';
import { SqliteUploadReservations } from './repositories/sqlite-upload-reservations';
import { SqliteUploadTokenRepository } from './repositories/sqlite-upload-token-repository';
import { SqliteUploadedFileRepository } from './repositories/sqlite-uploaded-file-repository';
import { SqliteValidationLogRepository } from './repositories/sqlite-validation-log-repository';
import { SqliteChangeFeed } from './sqlite-change-feed';
import { isSqliteError } from './sqlite-error';
import { SqliteReader } from './sqlite-reader';
import { SqliteStoreHealth } from './sqlite-store-health';
import { within } from './within';
import type { BatchRunner } from './writer/batch-runner';
import { GroupCommitWriter } from './writer/group-commit-writer';
import { InlineRunner } from './writer/inline-runner';
import { ThreadRunner, WORKER_FILE } from './writer/thread-runner';

export interface SqliteStoreOptions {
  /** The database file; it and its folder are made when missing. */
  readonly path: string;
  /** See `SqliteStorageOptions.writer`. */
  readonly writer?: 'thread' | 'inline';
  /** The compiled `write-worker`, where it is not beside this file. */
  readonly workerFile?: string;
  /** The machine's own unless given. */
  readonly clock?: Clock;
  /** Told of faults that no caller hears of: a dead writer, a failing poll, a subscriber that throws. */
  readonly onFault?: (error: unknown) => void;
}

/**
 * One process's way into the embedded store: a read-only connection on this thread, a writer beside it.
 *
 * ```
 * find, list ──▶ SqliteReader (this thread, read-only)
 * writes ──────▶ GroupCommitWriter ──▶ BatchRunner (worker thread) ──▶ BatchExecutor ──▶ one COMMIT, one fsync
 *                      └─ after COMMIT: SqliteChangeFeed, then the acknowledgement
 * ```
 */
export class SqliteStore {
  readonly accounts: SqliteAccountRepository;
  readonly tokens: SqliteTokenRepository;
  readonly validationLogs: SqliteValidationLogRepository;
  readonly audits: SqliteAuditRepository;
  readonly replays: SqliteReplayRepository;
  readonly imports: SqliteImportRepository;
  readonly uploadTokens: SqliteUploadTokenRepository;
  readonly uploadReservations: SqliteUploadReservations;
  readonly uploadedFiles: SqliteUploadedFileRepository;
  readonly uploadCallbacks: SqliteUploadCallbackRepository;
  readonly tunnelTokens: SqliteTunnelTokenRecords;
  readonly traffic: SqliteTrafficRepository;
  readonly gatewayBoard: SqliteGatewayBoard;
  readonly health: SqliteStoreHealth;
  private closed: Promise<void> | undefined;

  private constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
    private readonly runner: BatchRunner,
    readonly changes: SqliteChangeFeed,
    clock: Clock,
    onFault: (error: unknown) => void,
  ) {
    this.accounts = new SqliteAccountRepository(reader, writer);
    this.tokens = new SqliteTokenRepository(reader, writer, clock);
    this.validationLogs = new SqliteValidationLogRepository(reader, writer);
    this.audits = new SqliteAuditRepository(reader, writer);
    this.replays = new SqliteReplayRepository(writer);
    this.imports = new SqliteImportRepository(writer);
    this.uploadTokens = new SqliteUploadTokenRepository(reader, writer);
    this.uploadReservations = new SqliteUploadReservations(reader, writer);
    this.uploadedFiles = new SqliteUploadedFileRepository(reader, writer);
    this.uploadCallbacks = new SqliteUploadCallbackRepository(reader, writer);
    this.tunnelTokens = new SqliteTunnelTokenRecords(reader, writer, onFault);
    this.traffic = new SqliteTrafficRepository(reader, writer);
    this.gatewayBoard = new SqliteGatewayBoard(reader, writer, clock, onFault);
    this.health = new SqliteStoreHealth(reader, writer);
  }

  /**
   * Opens the file, making and migrating it as needed.
   * @throws SchemaMismatchError when the file is of a newer or another build
   * @throws Error when it cannot be opened; the message names the path
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const { path, clock = new SystemClock(), onFault = () => undefined } = options;
    try {
      prepareFile(path);
      // Before the reader: it makes the log files that a read-only connection needs.
      const runner = await startRunner(options, onFault);
      try {
        const reader = new SqliteReader(openForReading(path));
        const changes = new SqliteChangeFeed(reader, onFault);
        const writer = new GroupCommitWriter(runner, (logged) => {
          changes.tellOwn(logged);
        });
        changes.start();
        return new SqliteStore(reader, writer, runner, changes, clock, onFault);
      } catch (error) {
        await runner.close();
        throw error;
      }
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      throw new Error(`cannot open the database ${path}: ${error.message}`, { cause: error });
    }
  }

  /** Finishes the writes that wait, moves the write-ahead log into the file and closes it. May be called twice. */
  async close(): Promise<void> {
    this.closed ??= this.closeOnce();
    return this.closed;
  }

  private async closeOnce(): Promise<void> {
    this.changes.stop();
    this.tunnelTokens.stop();
    this.gatewayBoard.stop();
    try {
      await within(this.writer.stop(), SQLITE_LIMITS.closeMs, 'the store could not finish its writes in time');
    } finally {
      // Before the writing connection: only the last one can put the log away.
      this.reader.close();
      await this.runner.close();
    }
  }
}

function prepareFile(path: string): void {
  createDatabaseFile(path);
  const db = openForWriting(path);
  try {
    migrate(db, MIGRATIONS);
  } finally {
    db.close();
  }
}

async function startRunner(options: SqliteStoreOptions, onFault: (error: unknown) => void): Promise<BatchRunner> {
  const { path, workerFile = WORKER_FILE, writer = existsSync(workerFile) ? 'thread' : 'inline' } = options;
  return writer === 'thread' ? ThreadRunner.start(path, onFault, workerFile) : new InlineRunner(openForWriting(path));
}

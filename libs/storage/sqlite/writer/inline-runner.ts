import type { Database } from 'better-sqlite3';
import { BatchExecutor, type CommittedBatch } from '../commands/batch-executor';
import type { WriteCommand } from '../commands/command';
import type { BatchRunner } from './batch-runner';
import { closeCheckpointed } from './close-checkpointed';

/** Runs batches on the calling thread, which stands still for each fsync: for tests and short commands. */
export class InlineRunner implements BatchRunner {
  private readonly executor: BatchExecutor;

  /** @param db a writing connection; closed with the runner */
  constructor(private readonly db: Database) {
    this.executor = new BatchExecutor(db);
  }

  async run(commands: readonly WriteCommand[]): Promise<CommittedBatch> {
    return this.executor.executeBatch(commands);
  }

  async close(): Promise<void> {
    closeCheckpointed(this.db);
  }
}

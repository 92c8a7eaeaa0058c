import type { CommittedBatch } from '../commands/batch-executor';
import type { WriteCommand } from '../commands/command';

/** Where batches run, one after the other in the order given. */
export interface BatchRunner {
  /** @throws when nothing of the batch was kept, or when nobody can know because the runner died over it */
  run(commands: readonly WriteCommand[]): Promise<CommittedBatch>;

  /** Ends the runner after what it was given; the write-ahead log is then part of the database file. */
  close(): Promise<void>;
}

import { DuplicateError, TollgateError } from '@tollgate/domain';
import type { CommandOutcome } from '../commands/batch-executor';
import type { LoggedChanges } from '../commands/change-log';
import type { WriteCommand, WriteResult } from '../commands/command';
import { SQLITE_LIMITS } from '../limits';
import type { BatchRunner } from './batch-runner';

interface PendingWrite {
  readonly command: WriteCommand;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The way every write takes: a bounded queue, from which all that waits goes into the next transaction. A write is
 * acknowledged after its transaction is on disk and after this process has heard of what it changed.
 */
export class GroupCommitWriter {
  private queue: PendingWrite[] = [];
  private inFlight = 0;
  private flushScheduled = false;
  private stopped: Promise<void> | undefined;
  private onIdle: (() => void) | undefined;

  /** @param onCommitted told of the changes of a committed batch, before any of its writes is acknowledged */
  constructor(
    private readonly runner: BatchRunner,
    private readonly onCommitted: (logged: LoggedChanges) => void,
  ) {}

  /**
   * @throws DuplicateError when a unique constraint refused the command; nothing of it was kept
   * @throws TollgateError `unavailable` when the queue is full, the disk failed or the store is closed
   */
  async submit<C extends WriteCommand>(command: C): Promise<WriteResult<C['verb']>> {
    if (this.stopped !== undefined) throw unavailable(new Error('the store is closed'));
    if (this.queue.length >= SQLITE_LIMITS.queuedCommands) throw unavailable(new Error('the write queue is full'));
    return new Promise((resolve, reject) => {
      this.queue.push({ command, resolve, reject });
      this.scheduleFlush();
    });
  }

  /** Takes no more writes and finishes those that wait. */
  async stop(): Promise<void> {
    this.stopped ??= this.drain();
    return this.stopped;
  }

  private async drain(): Promise<void> {
    if (this.inFlight === 0 && this.queue.length === 0) return;
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
    });
  }

  /** Waits for the end of this turn of the event loop, so that what it submits shares one transaction. */
  private scheduleFlush(): void {
    if (this.flushScheduled) return;
    this.flushScheduled = true;
    setImmediate(() => {
      this.flushScheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    while (this.queue.length > 0 && this.inFlight < SQLITE_LIMITS.batchesInFlight) {
      const batch = this.queue.slice(0, SQLITE_LIMITS.batchCommands);
      this.queue = this.queue.slice(SQLITE_LIMITS.batchCommands);
      this.inFlight++;
      void this.runBatch(batch);
    }
    if (this.inFlight === 0) this.onIdle?.();
  }

  private async runBatch(batch: readonly PendingWrite[]): Promise<void> {
    try {
      const { outcomes, logged } = await this.runner.run(batch.map((write) => write.command));
      if (logged !== undefined) this.onCommitted(logged);
      batch.forEach((write, index) => {
        settle(write, outcomes[index]);
      });
    } catch (error) {
      for (const { reject } of batch) reject(unavailable(error));
    } finally {
      this.inFlight--;
      this.flush();
    }
  }
}

function settle({ command, resolve, reject }: PendingWrite, outcome: CommandOutcome | undefined): void {
  switch (outcome?.kind) {
    case 'done':
      resolve(outcome.result);
      return;
    case 'duplicate':
      reject(new DuplicateError(outcome.field));
      return;
    case 'fault':
      reject(new Error(`the store could not carry out ${command.verb}: ${outcome.message}`));
      return;
    case undefined:
      reject(new Error(`the store gave no answer to ${command.verb}`));
  }
}

function unavailable(cause: unknown): TollgateError {
  return new TollgateError('unavailable', 'the record store is unavailable', { retryAfterSeconds: 1, cause });
}

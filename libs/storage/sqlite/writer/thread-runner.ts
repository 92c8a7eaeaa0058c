import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CommittedBatch } from '../commands/batch-executor';
import type { WriteCommand } from '../commands/command';
import { SQLITE_LIMITS } from '../limits';
import { within } from '../within';
import type { BatchRunner } from './batch-runner';
import type { FromWorker, ToWorker } from './worker-messages';
// This import also makes the compiler emit the thread's file, which nothing else imports.
import type { WorkerStart } from './write-worker';

/** The compiled thread beside this file; there is none where TypeScript sources run. */
export const WORKER_FILE = join(__dirname, 'write-worker.js');

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** Runs batches in a worker thread, so that no write and no fsync holds up the event loop. */
export class ThreadRunner implements BatchRunner {
  private readonly waiting: Waiting<CommittedBatch>[] = [];
  private readonly exited: Promise<void>;
  private death: Error | undefined;
  private closing = false;

  private constructor(
    private readonly worker: Worker,
    private readonly onDeath: (reason: Error) => void,
  ) {
    worker.on('message', (message: FromWorker) => {
      this.receive(message);
    });
    worker.on('error', (error) => {
      this.die(error instanceof Error ? error : new Error(String(error)));
    });
    worker.on('messageerror', (error) => {
      this.die(error);
    });
    this.exited = new Promise((resolve) => {
      worker.on('exit', (code) => {
        if (!this.closing) this.die(new Error(`the writer thread ended by itself (exit code ${String(code)})`));
        resolve();
      });
    });
  }

  /**
   * @param onDeath told once when the thread ends without being asked to
   * @throws when the thread cannot open the database
   */
  static async start(
    databasePath: string,
    onDeath: (reason: Error) => void,
    workerFile: string = WORKER_FILE,
  ): Promise<ThreadRunner> {
    const start: WorkerStart = { databasePath };
    const worker = new Worker(workerFile, { name: 'sqlite-writer', workerData: start });
    const ready = new Promise<void>((resolve, reject) => {
      worker.once('message', () => {
        resolve();
      });
      worker.once('error', reject);
      worker.once('exit', () => {
        reject(new Error('the writer thread ended before it was ready'));
      });
    });
    try {
      await within(ready, SQLITE_LIMITS.writerStartMs, 'the writer thread did not start in time');
    } catch (error) {
      await worker.terminate();
      throw error;
    }
    worker.unref();
    return new ThreadRunner(worker, onDeath);
  }

  async run(commands: readonly WriteCommand[]): Promise<CommittedBatch> {
    if (this.death !== undefined) throw this.death;
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      // Only a thread with work to do keeps the process alive.
      this.worker.ref();
      this.tell({ kind: 'batch', commands });
    });
  }

  async close(): Promise<void> {
    if (this.death !== undefined || this.closing) return;
    this.closing = true;
    this.worker.ref();
    this.tell({ kind: 'close' });
    try {
      await within(this.exited, SQLITE_LIMITS.closeMs, 'the writer thread did not end in time');
    } catch (error) {
      await this.worker.terminate();
      throw error;
    } finally {
      this.die(new Error('the store is closed'));
    }
  }

  private tell(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private receive(message: FromWorker): void {
    if (message.kind === 'ready' || message.kind === 'closed') return;
    const waiting = this.waiting.shift();
    if (this.waiting.length === 0 && !this.closing) this.worker.unref();
    if (message.kind === 'committed') waiting?.resolve(message.batch);
    else waiting?.reject(new Error(message.message));
  }

  private die(reason: Error): void {
    if (this.death !== undefined) return;
    this.death = reason;
    for (const { reject } of this.waiting.splice(0)) reject(reason);
    if (!this.closing) this.onDeath(reason);
  }
}

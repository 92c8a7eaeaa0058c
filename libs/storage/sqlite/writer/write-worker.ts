import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { BatchExecutor } from '../commands/batch-executor';
import { openForWriting } from '../open-database';
import { closeCheckpointed } from './close-checkpointed';
import type { FromWorker, ToWorker } from './worker-messages';

/** What the thread is started with. */
export interface WorkerStart {
  readonly databasePath: string;
}

/** The writer thread: owns the only writing connection of its process. */
function serve(port: MessagePort, { databasePath }: WorkerStart): void {
  const db = openForWriting(databasePath);
  const executor = new BatchExecutor(db);
  const say = (message: FromWorker): void => {
    port.postMessage(message);
  };

  port.on('message', (message: ToWorker) => {
    if (message.kind === 'close') {
      closeCheckpointed(db);
      say({ kind: 'closed' });
      port.close();
      return;
    }
    try {
      say({ kind: 'committed', batch: executor.executeBatch(message.commands) });
    } catch (error) {
      say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  });
  say({ kind: 'ready' });
}

if (parentPort !== null) serve(parentPort, workerData as WorkerStart);

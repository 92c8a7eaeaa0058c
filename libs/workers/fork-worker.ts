import cluster from 'node:cluster';
import type { Channel } from './link';

/** A worker that was just started. */
export interface ForkedWorker {
  readonly pid: number;
  readonly channel: Channel;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** @param listener told the exit code, or `undefined` when a signal ended it */
  onExit(listener: (code: number | undefined) => void): void;
}

/**
 * Starts the program of this process once more, with the same arguments, as a worker: ports that it opens are shared with the other workers.
 * @param env on top of this process's
 */
export function forkWorker(env: Readonly<Record<string, string>>): ForkedWorker {
  const worker = cluster.fork(env);
  // A message for one that is gone; its end is told by itself.
  worker.on('error', () => undefined);
  return {
    pid: worker.process.pid ?? 0,
    channel: {
      send: (message, sent) => {
        worker.send(message, sent);
      },
      onMessage: (listener) => worker.on('message', listener),
      onClosed: (listener) => worker.on('disconnect', listener),
    },
    kill: (signal) => worker.process.kill(signal),
    onExit: (listener) => {
      worker.once('exit', (code: number | null) => {
        listener(code ?? undefined);
      });
    },
  };
}

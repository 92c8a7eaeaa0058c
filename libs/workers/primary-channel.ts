import cluster from 'node:cluster';
import type { Channel } from './link';

/** The channel to the primary; `undefined` in a process that is no worker. To be opened once. */
export function openPrimaryChannel(): Channel | undefined {
  const { worker } = cluster;
  if (worker === undefined) return undefined;
  worker.on('disconnect', () => {
    // Else Node ends this process at once when the primary is gone. It shall stop as on SIGTERM.
    worker.exitedAfterDisconnect = true;
  });
  return {
    send: (message, sent) => {
      worker.send(message, sent);
    },
    onMessage: (listener) => process.on('message', listener),
    onClosed: (listener) => process.on('disconnect', listener),
  };
}

import cluster from 'node:cluster';
import { Link } from './link';

let link: Link | undefined;

/** The way to the primary; `undefined` in a process that is no worker. */
export function primaryLink(): Link | undefined {
  const { worker } = cluster;
  if (worker === undefined) return undefined;
  link ??= open(worker);
  return link;
}

function open(worker: NonNullable<typeof cluster.worker>): Link {
  worker.on('disconnect', () => {
    // Else Node ends this process at once when the primary is gone. It shall stop as on SIGTERM.
    worker.exitedAfterDisconnect = true;
  });
  return new Link({
    send: (message, sent) => {
      worker.send(message, sent);
    },
    onMessage: (listener) => process.on('message', listener),
    onClosed: (listener) => process.on('disconnect', listener),
  });
}

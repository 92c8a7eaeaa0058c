import type { Server } from 'node:net';

/**
 * Opens a port.
 * @param port 0: any free one
 * @throws the system's error. Later errors are of single connections, such as when the process has no file left for one more; they
 * end nothing
 */
export function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject).on('error', () => undefined);
      resolve();
    });
  });
}

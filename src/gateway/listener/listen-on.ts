import type { Server } from 'node:net';

/**
 * Opens a port.
 * @param port 0: any free one
 * @param exclusive whether it is not for the other processes of the gateway; they take turns with the connections otherwise
 * @throws the system's error. Later errors are of single connections, such as when the process has no file left for one more; they
 * end nothing
 */
export function listenOn(server: Server, host: string, port: number, exclusive = false): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive }, () => {
      server.off('error', reject).on('error', () => undefined);
      resolve();
    });
  });
}

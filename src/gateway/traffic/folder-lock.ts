import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Another process of this machine has the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';

  constructor(path: string) {
    super(`${path} is in use by another gateway`);
  }
}

/**
 * Keeps a folder to one process of a machine, by an abstract socket (Linux): the system gives it back however the process
 * ends, which no lock file does. Elsewhere, and between containers, nothing is kept.
 */
export class FolderLock {
  private constructor(private readonly server: Server | undefined) {}

  /**
   * @param path an existing folder
   * @param options `waitMs`: how long a process that is just ending is waited for; `retryMs`: between two tries
   * @throws FolderInUseError
   */
  static async take(
    path: string,
    { waitMs, retryMs }: { readonly waitMs: number; readonly retryMs: number },
  ): Promise<FolderLock> {
    if (process.platform !== 'linux') return new FolderLock(undefined);
    const digest = createHash('sha256')
      .update(await realpath(path))
      .digest('hex');
    const name = `\0tollgate-folder-${digest}`;
    for (let waitedMs = 0; ; waitedMs += retryMs) {
      const server = await listen(name);
      if (server !== undefined) return new FolderLock(server);
      if (waitedMs >= waitMs) throw new FolderInUseError(path);
      await wait(retryMs);
    }
  }

  async release(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  }
}

/** @returns `undefined` when somebody listens already */
function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.destroy();
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ path: name }, () => {
      server.unref();
      resolve(server);
    });
  });
}

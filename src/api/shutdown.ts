import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Log } from '@tollgate/observability';

/** How long a connection stays open for another request while the process stops; 0 would be for ever. */
const LAST_KEEP_ALIVE_MS = 1;

/**
 * On SIGTERM or SIGINT: stops accepting, lets running requests finish, flushes counters, closes the store and exits 0.
 * @param deadlineMs after which requests that still run are cut off; what was acknowledged is kept all the same
 */
export function stopOnSignals(app: NestFastifyApplication, log: Log, deadlineMs: number): void {
  let stopping = false;
  const stop = (reason: NodeJS.Signals | 'disconnect'): void => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    const deadline = setTimeout(() => {
      log.warn({ deadlineMs }, 'the deadline has come; cutting off what still runs');
      app.getHttpServer().closeAllConnections();
    }, deadlineMs);
    // A connection that goes idle from now on is not worth waiting for; the idle ones are closed by close() itself.
    app.getHttpServer().keepAliveTimeout = LAST_KEEP_ALIVE_MS;
    // The listener first: Nest's own close() would end the services while requests still run on them.
    app
      .getHttpAdapter()
      .getInstance()
      .close()
      .then(() => app.close())
      .then(() => {
        clearTimeout(deadline);
        log.info({}, 'stopped');
        process.exit(0);
      })
      .catch((error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // The launcher is gone; without one this never happens.
  process.on('disconnect', () => {
    stop('disconnect');
  });
}

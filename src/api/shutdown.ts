import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Log } from '@tollgate/observability';

/** How long after the deadline the last counts may take to be written; a store that hangs would hold the process for ever. */
const LAST_WRITES_MS = 3_000;
/** How long a connection stays open for another request while the process stops; 0 would be for ever. */
const LAST_KEEP_ALIVE_MS = 1;

/**
 * Calls `stop` once, when this process is to end: on SIGTERM, on SIGINT, and when the process that started it is gone
 * (which is only noticed where there is an IPC channel to it).
 */
export function onStopRequest(stop: (reason: NodeJS.Signals | 'disconnect') => void): void {
  let stopping = false;
  const stopOnce = (reason: NodeJS.Signals | 'disconnect'): void => {
    if (stopping) return;
    stopping = true;
    stop(reason);
  };
  process.on('SIGTERM', stopOnce);
  process.on('SIGINT', stopOnce);
  process.on('disconnect', () => {
    stopOnce('disconnect');
  });
}

/**
 * On SIGTERM or SIGINT: stops accepting, lets running requests finish, flushes counters, closes the store and exits 0.
 * @param deadlineMs after which requests that still run are cut off; what was acknowledged is kept all the same
 */
export function stopOnSignals(app: NestFastifyApplication, log: Log, deadlineMs: number): void {
  onStopRequest((reason) => {
    log.info({ reason }, 'stopping');
    const deadline = setTimeout(() => {
      log.warn({ deadlineMs }, 'the deadline has come; cutting off what still runs');
      app.getHttpServer().closeAllConnections();
    }, deadlineMs);
    const end = setTimeout(() => {
      log.error({}, 'the store does not take the last writes; giving them up');
      process.exit(1);
    }, deadlineMs + LAST_WRITES_MS);
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
        clearTimeout(end);
        log.info({}, 'stopped');
        process.exit(0);
      })
      .catch((error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      });
  });
}

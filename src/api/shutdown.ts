import type { Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Log } from '@tollgate/observability';
import { RunningUploads } from './uploads/running-uploads';

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
 * On SIGTERM or SIGINT: stops accepting, lets running requests and uploads finish, flushes counters, closes the store and exits 0.
 * @param uploadServer a second server in front of the same routes, where there is one
 * @param deadlineMs after which requests that still run are cut off; what was acknowledged is kept all the same, and an
 * upload that is cut off gives its token back
 */
export function stopOnSignals(
  app: NestFastifyApplication,
  uploadServer: Server | undefined,
  log: Log,
  deadlineMs: number,
): void {
  const main: Server = app.getHttpServer();
  const servers = uploadServer === undefined ? [main] : [main, uploadServer];
  onStopRequest((reason) => {
    log.info({ reason }, 'stopping');
    const deadline = setTimeout(() => {
      log.warn({ deadlineMs }, 'the deadline has come; cutting off what still runs');
      for (const server of servers) server.closeAllConnections();
    }, deadlineMs);
    const end = setTimeout(() => {
      log.error({}, 'the store does not take the last writes; giving them up');
      process.exit(1);
    }, deadlineMs + LAST_WRITES_MS);
    // A connection that goes idle from now on is not worth waiting for; the idle ones are closed by close() itself.
    for (const server of servers) server.keepAliveTimeout = LAST_KEEP_ALIVE_MS;
    // The listener first: Nest's own close() would end the services while requests still run on them.
    Promise.all([
      app.getHttpAdapter().getInstance().close(),
      uploadServer === undefined ? undefined : closed(uploadServer),
    ])
      // Those that were cut off have yet to give their tokens back.
      .then(() => app.get(RunningUploads, { strict: false }).settled())
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

/** Stops listening. @returns when its last connection has ended; idle ones end at once */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Its only error is that it does not listen.
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
}

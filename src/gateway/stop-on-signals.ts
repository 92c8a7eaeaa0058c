import type { Log } from '@tollgate/observability';

/**
 * Has a process end on SIGTERM, on SIGINT, and when the process that started it is gone, which is only noticed where there is an IPC
 * channel to it.
 * @param close ends what it does
 */
export function stopOnSignals(close: () => Promise<void>, log: Log): void {
  let stopping = false;
  const stop = (reason: string): void => {
    // Asked twice when a terminal and the launcher both pass Ctrl-C on.
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'gateway stopping');
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'gateway could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', () => {
    stop('disconnect');
  });
}

/** Bounds of programs in several processes. */

/** Worker processes at most. */
export const MAX_WORKERS = 64;

/** Before a worker is replaced; doubles each time that one ends within {@link STEADY_MS}, up to the second. */
export const MIN_RESTART_MS = 100;
export const MAX_RESTART_MS = 5_000;
/** A worker that ran for so long did not end because of how it was started. */
export const STEADY_MS = 10_000;
/** Workers in a row that end before they listen, while none listens, after which the primary gives up. */
export const MAX_FAILED_STARTS = 5;
/** What a worker has beyond SHUTDOWN_TIMEOUT, to write what it counted. */
export const STOP_MARGIN_MS = 4_000;

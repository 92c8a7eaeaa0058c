/** Bounds of the api in several processes. */

/** Units that a worker takes in advance for the application, an account or a token, unless the settings say. */
export const LEASE_UNITS = 64;
/** What a request waits for the counters of the primary at most, in milliseconds: it is here, but may be busy. */
export const TAKE_TIMEOUT_MS = 1_000;
/** When a worker forgets a batch of takes: much later, as an answer that comes late still says what was counted. */
export const TAKE_ANSWER_MS = 10_000;
/** How often the primary removes counters that nobody needs. */
export const COUNTER_SWEEP_MS = 10_000;

/** What the primary waits for the metrics of a worker, and a worker for those of all. */
export const WORKER_METRICS_MS = 1_000;
export const ALL_METRICS_MS = 2_000;

/** Changes told to the primary in one message; more go into the next. */
export const CHANGES_PER_MESSAGE = 1_000;
/** Changes remembered as told by others; past it one may be told twice. */
export const MAX_HEARD_CHANGES = 10_000;
/** How long after others told of a change the store's own news of it are expected. */
export const HEARD_CHANGE_MS = 250;

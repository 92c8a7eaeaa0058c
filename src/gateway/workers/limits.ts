/** Bounds of the gateway in several processes. */

/** What a worker waits for an answer of the primary at most, in milliseconds; then the login, or the client, is cut. */
export const LEDGER_ANSWER_MS = 10_000;
/** What the primary waits for a worker to close a session that is replaced, or to keep to a smaller share, in milliseconds. */
export const WORKER_ANSWER_MS = 2_000;
/** What the primary waits for workers to take routes over, in milliseconds; one that doesn't may miss users of theirs for a while. */
export const ROUTES_ANSWER_MS = 1_000;
/** What the primary waits for health and figures of a worker, in milliseconds; then it counts as down. */
export const READING_MS = 1_000;
/** What the primary waits for a worker to take new settings over, in milliseconds. */
export const RELOAD_MS = 10_000;
/** How often workers tell how many users they have of tokens with a maximum, in milliseconds. */
export const USES_INTERVAL_MS = 1_000;
/** How often the primary forgets what is of no use any more, in milliseconds. */
export const SWEEP_MS = 3_600_000;
/** Longest header of a connection between workers, in bytes. A longer one: the connection is cut. */
export const MAX_HEADER_BYTES = 65_536;
/** Connections between workers that wait to be accepted. */
export const LINK_BACKLOG = 4_096;

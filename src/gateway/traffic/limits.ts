/** Limits of traffic reports: default, unit, and what happens on breach. */
export const TRAFFIC_LIMITS = {
  /** Milliseconds between two looks at the counters. */
  tickMs: 250,

  /** Milliseconds between two writes to the outbox, each with one fsync. A killed gateway forgets what flowed since. */
  flushMs: 500,

  /** Milliseconds between two reports of one token and proxy that are due to connections that closed. */
  closeReportMs: 1_000,

  /**
   * Proxies of one token with traffic that waits to be reported. That of further ones is reported under
   * {@link OTHER_PROXIES}: no byte is lost, though a client can make up as many names as it likes.
   */
  waitingProxies: 1_000,

  /** Reports on their way at once, and connections to the receiver. */
  sends: 8,

  /** Milliseconds for one report, its answer included. */
  sendTimeoutMs: 10_000,

  /** Bytes of an answer that are read; a longer one costs the connection, and tells nothing but its status. */
  answerBytes: 65_536,

  /** Milliseconds after a first failure; twice as many after each further one, with jitter. */
  firstRetryMs: 500,

  /** Milliseconds between two tries while the receiver is away, at most, unless it says otherwise. */
  longestRetryMs: 60_000,

  /** The same for a single report, while the receiver takes others. */
  longestOwnRetryMs: 5_000,

  /** Milliseconds up to which a receiver's `Retry-After` is believed. */
  longestRetryAfterMs: 3_600_000,

  /** Bytes of the outbox's file below which it is never rewritten. */
  rewriteBytes: 1_048_576,

  /** The file is rewritten when it is so many times as long as after the last time. */
  rewriteFactor: 4,

  /** Bytes of each of the two files of reports that the receiver will never take; then the older one goes. */
  parkedBytes: 8_388_608,

  /** Milliseconds between two tries to get the folder from a gateway that is just ending, and in all. */
  folderRetryMs: 100,
  folderWaitMs: 15_000,

  /** Milliseconds for sending what is left when the gateway ends; the rest goes after the next start. */
  drainMs: 3_000,
} as const;

/** Stands for the proxies of a token beyond {@link TRAFFIC_LIMITS.waitingProxies}; frp's own names hold no brackets. */
export const OTHER_PROXIES = '(others)';

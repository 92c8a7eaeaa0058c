/**
 * Limits of the embedded store: default, unit, and what happens on breach.
 */
export const SQLITE_LIMITS = {
  /** Commands that one transaction takes; those beyond it wait for the next. */
  batchCommands: 256,

  /** Batches handed to the writer at once: one that runs and one ready to follow, so that the writer never idles. */
  batchesInFlight: 2,

  /** Commands that may wait for the writer; one more is refused with `unavailable`. */
  queuedCommands: 10_000,

  /**
   * Milliseconds a connection waits for another process's lock. A write batch that waited so long is refused as a
   * whole with `unavailable`.
   */
  busyTimeoutMs: 5_000,

  /** The same for reads, which run on the event loop; in WAL mode they wait only while a crashed peer is recovered. */
  readBusyTimeoutMs: 1_000,

  /**
   * Entries of a usage batch that one command counts; a longer batch becomes several, one after the other, so that
   * other writes get between.
   */
  usageEntriesPerCommand: 5_000,

  /** Milliseconds for which the ids of counted usage batches are kept; one told again after that counts twice. */
  usageBatchMemoryMs: 172_800_000,

  /** Ids of usage batches that are forgotten with each new one, at most. */
  usageBatchesForgotten: 10,

  /** Kibibytes of pages that each connection keeps in memory. */
  pageCacheKiB: 65_536,

  /** Bytes to which a log that outgrew its checkpoint is cut back. */
  logBytes: 67_108_864,

  /** Milliseconds in which the writer thread must be ready; then opening the store fails. */
  writerStartMs: 30_000,

  /**
   * Milliseconds that closing waits for queued writes, and again for the last checkpoint; then the writer thread is
   * stopped. Writes that are still unacknowledged then may be lost.
   */
  closeMs: 5_000,

  /** Rows kept of the change log. A reader that fell further behind is told `all`. */
  changeLogRows: 20_000,

  /** Rows by which the change log may outgrow `changeLogRows` before it is trimmed, so that not every batch trims. */
  changeLogSlackRows: 1_000,

  /** Changes that one poll hands on one by one; more become a single `all`. */
  changesPerPoll: 5_000,

  /** Milliseconds between two looks at what other processes changed. */
  changePollMs: 50,

  /** Milliseconds after which another process's change is seen at the latest: a poll, and room for a busy event loop. */
  changeLatencyMs: 200,
} as const;

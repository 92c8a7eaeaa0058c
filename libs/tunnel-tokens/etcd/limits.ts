/** Limits of the etcd driver: default, unit, and what happens on breach. */
export const ETCD_LIMITS = {
  /**
   * Keys that one request of a load asks for: an answer is decoded in one go. etcd 3.4 walks over all the others for each page, so
   * not too few.
   */
  pageKeys: 500,

  /** Milliseconds between two questions whether the server is still there and has a quorum. */
  probeMs: 3_000,

  /** Milliseconds that an answer may take; then the connection counts as lost, the call as failed. */
  answerMs: 3_000,

  /** Milliseconds until a server must have answered first, unless `dialTimeout` says otherwise. */
  dialTimeoutMs: 5_000,

  /** Milliseconds before every server is tried anew, at first; doubles with every round, and varies by half. */
  firstRetryMs: 100,

  /** The longest of these. */
  longestRetryMs: 3_000,

  /** Bytes of one answer; the page or change that is longer fails, and so does the load. */
  answerBytes: 67_108_864,
} as const;

/** Limits of the embedded driver: default, unit, and what happens on breach. */
export const EMBEDDED_LIMITS = {
  /** Records that are read at once: a statement runs in one go. */
  pageRecords: 100,

  /** Milliseconds between two tries while the store is away. */
  retryMs: 1_000,
} as const;

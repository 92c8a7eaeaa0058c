/** Bounds of what a connection makes this process keep. All in bytes unless the name says otherwise. */
export const STREAM_LIMITS = {
  /** Written to a socket and not gone yet: from there on `write` answers `false`; the writer is to stop. */
  maxQueuedBytes: 512 * 1024,
  /** What one read of a busy socket takes at most, where the fast path is in use. */
  readSlabBytes: 256 * 1024,
  /** Sockets that have a slab of their own at the same time; the others read into one that all share, and copy. */
  maxReadSlabs: 128,
  /** Slabs that nobody uses and that are kept for the next one; more are left to the garbage collector. */
  maxFreeReadSlabs: 32,
  /** Uncompressed bytes of a snappy chunk, as the framing format says; a longer one is a `SnappyError`. */
  snappyChunkBytes: 65536,
  /** A chunk of a reserved, skippable type is passed over up to this length (all that its header can say). */
  snappySkippedBytes: 0xffffff,
  /** How long a relay that is over waits for what it delivered last to be taken, in milliseconds; then that end is cut. */
  relayLingerMs: 30_000,
  /** How long it waits, when all has been taken, for that end to close by itself, in milliseconds; then that end is cut. */
  relayGraceMs: 2000,
} as const;

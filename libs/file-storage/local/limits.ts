/** Bytes gathered for one write; a writer holds at most twice as many, and the chunk that it was given last. */
export const BATCH_BYTES = 262_144;

/** Chunks gathered for one write, so that tiny ones don't cost more memory than their bytes do. */
export const BATCH_CHUNKS = 512;

/** Syncs that a process has under way at once: each keeps one of the few threads that Node has for files busy. */
export const MAX_SYNCS = 2;

/** How often a process says that it still writes a file, by the file's modification time. */
export const TOUCH_EVERY_MS = 30_000;

/** Untouched for this long, the beginning of a file is nobody's any more. */
export const DEAD_AFTER_MS = 120_000;

/** How long a complete content waits for the record that names it before a sweep asks for it. */
export const UNNAMED_FOR_MS = 60_000;

/** Ids in one question of a sweep. */
export const SWEEP_BATCH = 500;

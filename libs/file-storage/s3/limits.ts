/** Bytes of a part, unless files may be larger than 10,000 of them. A writer holds about two. */
export const PART_BYTES = 8_388_608;

/** Parts of one upload; the protocol's. */
const MAX_PARTS = 10_000;

/** No part but the last may be smaller; the protocol's. */
const MIN_PART_BYTES = 5_242_880;

/** Bytes that a writer takes ahead of the part being gathered. */
export const AHEAD_BYTES = 1_048_576;

/** How long an object waits for the record that names it before a sweep removes it. */
export const UNNAMED_FOR_MS = 3_600_000;

/**
 * An upload in parts is nobody's any more when it has begun, and had its last part, this long ago: a day more than a
 * resumable one may wait for its next piece at the very most.
 */
export const DEAD_AFTER_MS = 691_200_000;

/** Days whose objects a sweep looks through, today among them: as far back as an upload can have begun that ended lately. */
export const SWEPT_DAYS = 9;

/** Lists of up to 1,000 that a sweep reads of objects, and of uploads; the next goes on where it ended. */
export const SWEPT_PAGES = 20;

/** Resumable uploads that one sweep looks at closely, for a few requests each; the next goes on after them. */
export const SWEPT_PARTIALS = 200;

export const CONNECT_TIMEOUT_MS = 5_000;
/** Without a byte in either direction. */
export const IDLE_TIMEOUT_MS = 60_000;
/** Uploads and downloads under way at once. */
export const MAX_SOCKETS = 512;

/**
 * Bytes of a part so that a file of the largest size has no more parts than there may be.
 * @param maxBytes of a file
 */
export function partBytesFor(maxBytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(maxBytes / MAX_PARTS));
}

/**
 * Bytes that a resumable upload gathers before they become a part, however small its pieces are: so few that the tail
 * between pieces stays small, so many that the parts never become more than there may be.
 * @param size of the whole upload, in bytes
 */
export function minPartBytesFor(size: number): number {
  return Math.max(MIN_PART_BYTES, Math.ceil(size / MAX_PARTS));
}

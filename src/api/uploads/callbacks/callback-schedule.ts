/** How a callback is tried again; `docs/limits.md` lists it. Ten tries within about a day. */
export const CALLBACK_SCHEDULE = {
  tries: 10,
  firstDelayMs: 30_000,
  /** Each wait is so many times the one before it. */
  factor: 2.5,
  /** A wait is longer or shorter by up to this share, so that a receiver that comes back is not met by all at once. */
  jitter: 0.2,
} as const;

/**
 * How long to wait after a delivery that failed.
 * @param failures so far, this one included
 * @param random from 0 to 1
 * @returns milliseconds; `undefined` when it is given up
 */
export function nextDelayMs(failures: number, random: number): number | undefined {
  const { tries, firstDelayMs, factor, jitter } = CALLBACK_SCHEDULE;
  if (failures >= tries) return undefined;
  return Math.round(firstDelayMs * factor ** (failures - 1) * (1 - jitter + 2 * jitter * random));
}

/** An answer's `Date` is in whole seconds, and it took a moment to arrive. */
const TOLERANCE_MS = 2_000;

let aheadMs = 0;

/**
 * Learns from an answer how far this device's clock is off.
 * @param {string | null} date its header
 */
export function learnServerTime(date) {
  const serverMs = Date.parse(date ?? '');
  if (Number.isNaN(serverMs)) return;
  const difference = serverMs - Date.now();
  aheadMs = Math.abs(difference) > TOLERANCE_MS ? difference : 0;
}

/** Milliseconds since 1970 by the service's clock, which is the one that tokens expire by. */
export function serverNowMs() {
  return Date.now() + aheadMs;
}

const SECOND_MS = 1_000;

let second = Number.NaN;
let head = '';

/**
 * The same text as `new Date(epochMs).toISOString()`, made faster for times that lie in the same second as the one before:
 * of a busy token's uses nearly all do.
 */
export function isoText(epochMs: number): string {
  const whole = Math.floor(epochMs / SECOND_MS);
  if (whole !== second) {
    head = new Date(whole * SECOND_MS).toISOString().slice(0, -4);
    second = whole;
  }
  const millis = epochMs - whole * SECOND_MS;
  return `${head}${millis < 10 ? '00' : millis < 100 ? '0' : ''}${String(millis)}Z`;
}

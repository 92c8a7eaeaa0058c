/**
 * Counts down in whole seconds of the given clock: at once, then whenever a second is over.
 * @param {number} untilMs
 * @param {() => number} nowMs
 * @param {(remainingMs: number) => void} onTick 0 at the end, which is the last call
 * @returns {() => void} stops it
 */
export function countDown(untilMs, nowMs, onTick) {
  let timer = 0;
  const tick = () => {
    const remainingMs = Math.max(0, untilMs - nowMs());
    if (remainingMs > 0) timer = setTimeout(tick, remainingMs % 1_000 || 1_000);
    onTick(remainingMs);
  };
  tick();
  return () => {
    clearTimeout(timer);
  };
}

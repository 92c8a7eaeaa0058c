/** A request, from when it was sent to when its answer was there, by one clock. */
export interface Stay {
  readonly sentMs: number;
  readonly receivedMs: number;
}

/** The most stays that lie wholly in one stretch of this length, both ends included. */
export function mostWithin(stays: readonly Stay[], stretchMs: number): number {
  // A fullest stretch can be moved on until it begins with the beginning of a stay.
  return stays.reduce((most, { sentMs: fromMs }) => {
    const within = stays.filter(({ sentMs, receivedMs }) => sentMs >= fromMs && receivedMs <= fromMs + stretchMs);
    return Math.max(most, within.length);
  }, 0);
}

import type { YamuxLimits } from './limits';
import type { WindowBudget } from './window-budget';

/** A window is too small when the peer used half of it within so many round trips. */
const ROUND_TRIPS = 2;

/**
 * When the receive windows of a session may grow. A window bounds a stream to one window a round trip, so one that is used up
 * about as fast as the peer could learn of more holds the stream up; any other is large enough.
 */
export class WindowGrowth {
  private roundTripMs = Number.POSITIVE_INFINITY;
  private readonly allowance: { readonly initialWindowBytes: number; readonly maxWindowBytes: number };

  /**
   * @param nowMs monotone clock, in milliseconds and fractions of them
   * @param askRoundTrip sends a ping unless one is on its way; what it finds comes back by {@link measured}
   */
  constructor(
    limits: YamuxLimits,
    readonly budget: WindowBudget,
    readonly nowMs: () => number,
    private readonly askRoundTrip: () => void,
  ) {
    this.allowance = limits;
  }

  get initialBytes(): number {
    return this.allowance.initialWindowBytes;
  }

  get canGrow(): boolean {
    return this.allowance.maxWindowBytes > this.allowance.initialWindowBytes;
  }

  /** @param roundTripMs how long a ping took; the shortest one counts, as others had to wait behind data */
  measured(roundTripMs: number): void {
    this.roundTripMs = Math.min(this.roundTripMs, roundTripMs);
  }

  /**
   * @param windowBytes the window now, half of which was used within `elapsedMs`
   * @returns bytes by which it may grow, taken from the budget; 0 for none
   */
  grow(windowBytes: number, elapsedMs: number): number {
    const bytes = Math.min(windowBytes, this.allowance.maxWindowBytes - windowBytes);
    if (bytes <= 0) return 0;
    if (this.roundTripMs === Number.POSITIVE_INFINITY) {
      this.askRoundTrip();
      return 0;
    }
    if (elapsedMs > ROUND_TRIPS * this.roundTripMs) return 0;
    if (!this.budget.take(bytes)) return 0;
    return bytes;
  }
}

import { WINDOWS } from '../limits';
import type { Subject, SubjectState, WindowLimits } from '../subject';
import type { Answer } from './guarded-store';
import { CLOCK_DRIFT, LEASE_LOW_SHARE, LEASE_MARGIN_MS } from './limits';
import { sameLimits } from './same-limits';

/**
 * Units counted for a subject before anyone used them. A unit counts until the slot it was counted in has left the
 * window. Used later than in that slot it would count for less than the window, so a lease ends with its slot.
 */
export class Lease {
  /** What is left of it. */
  units: number;
  /** At so few units it is time for more. */
  lowUnits = 0;
  /** When it ends, by the monotonic clock of this process. */
  untilMs: number;
  /** By the clock of the counters: says in which slots its units were counted. */
  readonly grantedAtMs: number;
  /** What was left for others after the last grant. */
  state: SubjectState;
  /** Units that come back to it are given back at once. */
  retired = false;
  private readonly slot: number;

  /** @param subject with the limits that it was granted under */
  constructor(
    readonly subject: Subject,
    state: SubjectState,
    units: number,
    answer: Answer,
    tickMs: number,
  ) {
    const slotMs = slotMsOf(subject.limits, tickMs);
    const { nowMs } = answer.outcome;
    this.slot = Math.floor(nowMs / slotMs);
    // The counters read their clock after the call was sent, so the slot ends no sooner than this.
    const leftMs = (this.slot + 1) * slotMs - nowMs;
    this.untilMs = answer.sentAtMs + leftMs * (1 - CLOCK_DRIFT) - LEASE_MARGIN_MS;
    this.grantedAtMs = nowMs;
    this.state = state;
    this.units = units;
    this.lowUnits = Math.floor(units / LEASE_LOW_SHARE);
  }

  /** Takes over another grant, where that was counted in the same slots and under the same limits. */
  merge(other: Lease): boolean {
    if (this.retired || other.slot !== this.slot || !sameLimits(other.subject.limits, this.subject.limits))
      return false;
    this.units += other.units;
    this.untilMs = Math.min(this.untilMs, other.untilMs);
    this.state = other.state;
    this.lowUnits = Math.floor(this.units / LEASE_LOW_SHARE);
    return true;
  }

  /** The subject's state for an answer: what is left for all, and what is left here. */
  describe(): SubjectState {
    const { window, limit, remaining, roomAtMs } = this.state;
    return { granted: 1, window, limit, remaining: remaining + this.units, roomAtMs };
  }
}

/** The shortest slot that units of a subject are counted in. */
function slotMsOf(limits: WindowLimits, tickMs: number): number {
  const finest = limits[0] > 0 ? 0 : limits[1] > 0 ? 1 : 2;
  return WINDOWS[finest].slotTicks * tickMs;
}

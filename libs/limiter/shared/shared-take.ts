import { toDecision } from '../memory/memory-rate-limiter';
import type { Decision } from '../rate-limiter';
import type { Demand, SubjectState } from '../subject';
import type { DenialMemory } from './denial-memory';
import type { Answer } from './guarded-store';
import type { Lease } from './lease';
import type { LeaseBook } from './lease-book';
import { type LeasedSubject, Refill } from './leased-subject';
import type { PreparedSubjects } from './prepared-subjects';

/** How a subject of a leased layer takes part in a take. */
interface Leg {
  readonly leased: LeasedSubject | undefined;
  /** Where its unit was taken from; `undefined` when it is asked for. */
  readonly reserved: Lease | undefined;
}

/**
 * One request on its way to the shared counters. What it takes from leases at once, it puts back unless it passes.
 * To be concluded exactly once.
 */
export class SharedTake {
  /** What to ask for: the subjects without a usable unit, in their order. */
  readonly demands: readonly Demand[];
  /** By position of the subject; empty when none is leased. */
  private readonly legs: (Leg | undefined)[] = [];
  /** Those for which a lease is asked as well. */
  private readonly refilled: LeasedSubject[] = [];
  private readonly refill: Refill | undefined;

  /**
   * @param nowMs by the monotonic clock of this process, as is the next
   * @param untilMs when the answer has come at the latest: only a lease that lasts until then is used
   * @param held by position of the subject: units that the request has already
   */
  constructor(
    private readonly prepared: PreparedSubjects,
    private readonly book: LeaseBook,
    private readonly denials: DenialMemory,
    nowMs: number,
    untilMs: number,
    private readonly held: readonly (Lease | undefined)[],
  ) {
    this.demands = prepared.hasLeases ? this.reserve(nowMs, untilMs) : prepared.demands;
    this.refill = Refill.begin(this.refilled, untilMs);
  }

  /** The decision when there was nothing left to ask for. */
  pass(): Decision {
    const states = this.legs.flatMap((leg) => leg?.reserved?.describe() ?? []);
    return { refusedBy: -1, retryAfterSeconds: 0, states, degraded: undefined };
  }

  /** @returns `undefined` without an answer */
  conclude(answer: Answer | undefined): Decision | undefined {
    if (answer?.outcome.refusedBy !== -1) this.putBack();
    const decision = answer === undefined ? undefined : this.decide(answer);
    this.refill?.end(this.refilled, answer !== undefined);
    return decision;
  }

  private reserve(nowMs: number, untilMs: number): Demand[] {
    const demands: Demand[] = [];
    for (const [index, demand] of this.prepared.demands.entries()) {
      const held = this.held[index];
      if (held !== undefined) {
        this.legs.push({ leased: undefined, reserved: held });
        continue;
      }
      const leased = this.prepared.leasedAt(index, nowMs);
      if (leased === undefined) {
        this.legs.push(undefined);
        demands.push(demand);
        continue;
      }
      const reserved = this.book.usable(leased, demand.subject, untilMs);
      this.legs.push({ leased, reserved });
      leased.usedAtMs = nowMs;
      if (reserved !== undefined) {
        reserved.units -= 1;
      } else if (this.book.mayRefill(leased, nowMs, untilMs)) {
        demands.push({ subject: demand.subject, need: 1, extra: leased.size - 1 });
        this.refilled.push(leased);
      } else {
        demands.push(demand);
      }
    }
    return demands;
  }

  private putBack(): void {
    for (const leg of this.legs) {
      if (leg?.reserved !== undefined) this.book.putBack(leg.reserved);
    }
  }

  private decide(answer: Answer): Decision {
    const { outcome } = answer;
    const states: SubjectState[] = [];
    let refusedBy = -1;
    let at = 0;
    for (const index of this.prepared.subjects.keys()) {
      const leg = this.legs[index];
      const demand = this.demands[at];
      const state = outcome.states[at];
      if (leg?.reserved !== undefined) {
        states.push(leg.reserved.describe());
      } else if (demand !== undefined && state !== undefined) {
        if (outcome.refusedBy === at) refusedBy = index;
        states.push(
          leg?.leased === undefined || outcome.refusedBy >= 0 ? state : this.enter(leg.leased, demand, state, answer),
        );
        at += 1;
      }
    }
    this.prepared.states = states;
    if (refusedBy >= 0) this.denials.remember(this.prepared.subjects, states, answer);
    return toDecision({ ...outcome, refusedBy, states });
  }

  /** Enters a lease that came with the request's unit. */
  private enter(
    leased: LeasedSubject,
    { subject, need, extra }: Demand,
    state: SubjectState,
    answer: Answer,
  ): SubjectState {
    if (extra > 0) this.book.enter(leased, subject, state, state.granted - need, answer);
    return { ...state, granted: need, remaining: state.remaining + (leased.lease?.units ?? 0) };
  }
}

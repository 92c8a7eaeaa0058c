import { toDecision } from '../memory/memory-rate-limiter';
import type { Decision } from '../rate-limiter';
import type { Demand } from '../subject';
import type { DenialMemory } from './denial-memory';
import type { GuardedStore } from './guarded-store';
import { Lease } from './lease';
import type { LeaseBook } from './lease-book';
import { Refill } from './leased-subject';
import type { PreparedSubjects } from './prepared-subjects';

/**
 * Units for one request of the subjects that can't be taken in one step with the others: from leases, or each by a call
 * of its own. They are the request's from then on, and go back unless it passes.
 */
export class ApartUnits {
  /** By position of the subject: where its unit came from. */
  readonly held: (Lease | undefined)[] = [];

  constructor(
    private readonly prepared: PreparedSubjects,
    private readonly guarded: GuardedStore,
    private readonly book: LeaseBook,
    private readonly denials: DenialMemory,
    private readonly tickMs: number,
  ) {}

  /**
   * @param untilMs when it must have ended, by the monotonic clock
   * @returns whether all are there; else none is, and the refusal if it was one
   */
  async acquire(nowMs: () => number, untilMs: number): Promise<'acquired' | 'unanswered' | Decision> {
    for (const index of this.prepared.apart) {
      const lease = this.prepared.usableAt(index, nowMs(), untilMs);
      if (lease !== undefined) {
        lease.units -= 1;
        this.held[index] = lease;
        continue;
      }
      const outcome = await this.fetch(index, nowMs(), untilMs);
      if (outcome === 'acquired') continue;
      for (const held of this.held) if (held !== undefined) this.book.putBack(held);
      return outcome;
    }
    return 'acquired';
  }

  private async fetch(index: number, nowMs: number, untilMs: number): Promise<'acquired' | 'unanswered' | Decision> {
    const demand = this.prepared.demands[index] as Demand;
    const { subject, need } = demand;
    const leased = this.prepared.leasedAt(index, nowMs);
    const refilled = leased !== undefined && this.book.mayRefill(leased, nowMs, untilMs) ? [leased] : [];
    const extra = (refilled[0]?.size ?? 1) - 1;
    const refill = Refill.begin(refilled, untilMs);
    const answer = await this.guarded.ask([{ subject, need, extra }], nowMs, untilMs);
    const state = answer?.outcome.states[0];
    let outcome: 'acquired' | 'unanswered' | Decision = 'unanswered';
    if (answer !== undefined && state !== undefined) {
      if (answer.outcome.refusedBy >= 0) {
        const { nowMs: epochMs } = answer.outcome;
        const states = this.prepared.subjects.map((_, at) =>
          at === index ? state : this.prepared.lastKnown(at, epochMs),
        );
        outcome = toDecision({ ...answer.outcome, refusedBy: index, states });
        this.denials.remember([subject], [state], answer);
      } else {
        if (leased !== undefined && extra > 0) this.book.enter(leased, subject, state, state.granted - need, answer);
        const left = state.remaining + (leased?.lease?.units ?? 0);
        const own = new Lease(subject, { ...state, remaining: left }, 0, answer, this.tickMs);
        own.retired = true;
        this.held[index] = own;
        outcome = 'acquired';
      }
    }
    refill?.end(refilled, answer !== undefined);
    return outcome;
  }
}

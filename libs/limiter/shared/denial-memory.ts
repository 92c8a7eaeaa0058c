import { LRUCache } from 'lru-cache';
import type { Subject, SubjectState, WindowLimits } from '../subject';
import type { Answer } from './guarded-store';
import { MAX_DENIALS } from './limits';
import { sameLimits } from './same-limits';

/** A subject that has nothing left. Times by the monotonic clock of this process. */
export interface Denial {
  readonly limits: WindowLimits;
  readonly state: SubjectState;
  /** All subjects of the request that was refused, and how they stood. */
  readonly subjects: readonly Subject[];
  readonly states: readonly SubjectState[];
  /** Until when nobody needs to be asked. */
  readonly untilMs: number;
  /** When a repeat may pass. */
  readonly retryAtMs: number;
}

/**
 * Subjects that shared counters refused, until they have room again: a flood of refused requests costs them nothing.
 * An early end costs a call and a late one refuses wrongly, so the time is counted from when the call was sent.
 */
export class DenialMemory {
  private readonly denials: LRUCache<string, Denial>;

  /**
   * @param maxMs how long a refusal is remembered at most
   * @param max refusals remembered
   */
  constructor(
    private readonly maxMs: number,
    max = MAX_DENIALS,
  ) {
    this.denials = new LRUCache({ max });
  }

  /** Remembers those of a refused request's subjects that had nothing left for it: they are the ones that refused. */
  remember(subjects: readonly Subject[], states: readonly SubjectState[], answer: Answer): void {
    for (const [index, { key, limits }] of subjects.entries()) {
      const state = states[index];
      if (state === undefined || state.granted > 0 || state.remaining > 0) continue;
      const waitMs = state.roomAtMs - answer.outcome.nowMs;
      const untilMs = answer.sentAtMs + Math.min(waitMs, this.maxMs);
      this.denials.set(key, { limits, state, subjects, states, untilMs, retryAtMs: answer.receivedAtMs + waitMs });
    }
  }

  /** The refusal of a subject that can't pass yet under the limits it has now. */
  find({ key, limits }: Subject, nowMs: number): Denial | undefined {
    if (this.denials.size === 0) return undefined;
    const denial = this.denials.get(key);
    if (denial === undefined) return undefined;
    if (nowMs < denial.untilMs && sameLimits(denial.limits, limits)) return denial;
    this.denials.delete(key);
    return undefined;
  }

  clear(): void {
    this.denials.clear();
  }
}

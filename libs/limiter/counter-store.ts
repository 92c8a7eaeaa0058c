import type { Demand, Subject, TakeOutcome } from './subject';

/** Units of a lease that were not used. */
export interface UnusedUnits {
  readonly subject: Subject;
  readonly units: number;
  /** `nowMs` of the take that granted them: says in which slots they were counted. */
  readonly grantedAtMs: number;
}

/**
 * Where requests are counted for several processes. Each take is one atomic step over all its demands: all are granted,
 * or nothing changes.
 */
export abstract class CounterStore {
  /**
   * @param demands at most one for a subject; at most four
   * @throws Error when the counters cannot be asked in time; whether the units were counted is then unknown
   */
  abstract take(demands: readonly Demand[]): Promise<TakeOutcome>;

  /** Gives units back to the slots they were counted in, as far as these still count. Best effort: may be lost. */
  abstract giveBack(unused: readonly UnusedUnits[]): Promise<void>;
}

import type { WindowIndex } from '../limits';
import type { Demand, Subject, SubjectState, WindowLimits } from '../subject';
import type { Denial } from './denial-memory';
import type { Lease } from './lease';
import type { LeaseBook } from './lease-book';
import type { LeasedSubject } from './leased-subject';

/** What is worth keeping for subjects that are asked for again as the same array. */
export class PreparedSubjects {
  /** One unit of each. */
  readonly demands: readonly Demand[];
  /** No unit of any. */
  readonly looks: readonly Demand[];
  /** The same, in portions of one group each. */
  readonly looksByGroup: readonly (readonly Demand[])[];
  /** The last answer: a refusal that asks nobody repeats it for the subjects that did not refuse. */
  states: readonly SubjectState[] = [];
  /** Whether any of the subjects is leased. */
  readonly hasLeases: boolean;
  /** Whether all of them are. */
  readonly mayNeedNoCall: boolean;
  /** Positions of leased subjects of another group than that which is taken in one step. */
  readonly apart: readonly number[];
  private readonly leased: (LeasedSubject | undefined)[];

  /** @param isLeased whether anything is taken in advance for a subject's layer */
  constructor(
    readonly subjects: readonly Subject[],
    private readonly book: LeaseBook,
    isLeased: (subject: Subject) => boolean,
  ) {
    this.demands = subjects.map((subject) => ({ subject, need: 1, extra: 0 }));
    this.looks = subjects.map((subject) => ({ subject, need: 0, extra: 0 }));
    this.leased = subjects.map(() => undefined);
    const groups = new Set(subjects.map(({ group }) => group));
    this.looksByGroup = [...groups].map((group) => this.looks.filter(({ subject }) => subject.group === group));
    this.hasLeases = subjects.some(isLeased);
    this.mayNeedNoCall = subjects.every(isLeased);
    const main = subjects.find((subject) => !isLeased(subject)) ?? subjects.at(-1);
    this.apart = [...subjects.keys()].filter((index) => {
      const subject = subjects[index];
      return subject !== undefined && isLeased(subject) && subject.group !== main?.group;
    });
  }

  /** The lease side of the subject at a position; `undefined` when it has none. */
  leasedAt(index: number, nowMs: number): LeasedSubject | undefined {
    if (!this.hasLeases) return undefined;
    const known = this.leased[index];
    if (known !== undefined && !known.dropped) return known;
    const subject = this.subjects[index];
    const leased = subject === undefined ? undefined : this.book.find(subject, nowMs);
    this.leased[index] = leased;
    return leased;
  }

  /** The lease of the subject at a position, if it has a unit that may be used up to a time. */
  usableAt(index: number, nowMs: number, untilMs: number): Lease | undefined {
    const leased = this.leasedAt(index, nowMs);
    const subject = this.subjects[index];
    return leased === undefined || subject === undefined ? undefined : this.book.usable(leased, subject, untilMs);
  }

  /**
   * The subject at a position as it stood last: here, or when another was refused, else as if nothing were counted in
   * its shortest window.
   * @param epochMs the time for that last case
   */
  lastKnown(index: number, epochMs: number, denial?: Denial): SubjectState {
    const { key, limits } = (this.demands[index] as Demand).subject;
    const lease = this.leased[index]?.lease;
    const denied = denial?.states[denial.subjects.findIndex((subject) => subject.key === key)];
    const known = lease?.describe() ?? this.states[index] ?? denied ?? assumed(limits, epochMs);
    return { ...known, granted: 0 };
  }
}

function assumed(limits: WindowLimits, epochMs: number): SubjectState {
  const window: WindowIndex = limits[0] > 0 ? 0 : limits[1] > 0 ? 1 : 2;
  return { granted: 0, window, limit: limits[window], remaining: limits[window], roomAtMs: epochMs };
}

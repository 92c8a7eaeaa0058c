import { randomUUID } from 'node:crypto';
import type { CounterStore, Demand, Subject, TakeOutcome, UnusedUnits, WindowLimits } from '@tollgate/limiter';
import type { FakeClock } from '../fake-clock';
import { endOf, type LimiterOperation, type PlannedDemand } from './limiter-operations';

interface Grant {
  readonly subject: Subject;
  readonly atMs: number;
  unused: number;
}

/** What a history is checked by. */
export interface HistoryObserver {
  took(demands: readonly Demand[], outcome: TakeOutcome): void;
  gaveBack(unused: UnusedUnits): void;
}

/** Plays operations on a store, with subjects that nobody else has. */
export class LimiterHistory {
  private readonly run = randomUUID();
  private readonly subjects: Subject[];
  private readonly grants: Grant[] = [];

  constructor(
    private readonly store: CounterStore,
    private readonly clock: FakeClock,
    limits: readonly WindowLimits[],
    private readonly observer: HistoryObserver,
  ) {
    this.subjects = limits.map((own, index) => ({
      layer: index === 0 ? 'app' : 'token',
      key: `${this.run}:${String(index)}`,
      group: this.run,
      limits: own,
    }));
  }

  async play(operation: LimiterOperation): Promise<void> {
    switch (operation.kind) {
      case 'wait':
        this.clock.set(endOf(operation.pause, this.clock.nowMs()));
        return;
      case 'take':
        await this.take(operation.takes.map((planned) => this.demandsOf(planned)));
        return;
      case 'limit':
        this.subjects[operation.subject] = { ...this.subjectAt(operation.subject), limits: operation.limits };
        return;
      case 'give-back':
        await this.giveBack(operation.pick, operation.units);
        return;
      case 'wait-for-room':
        await this.waitForRoom(this.subjectAt(operation.subject));
        return;
      case 'wait-for-retry':
        await this.waitForRetry(this.demandsOf(operation.demands));
    }
  }

  demandsOf(planned: readonly PlannedDemand[]): readonly Demand[] {
    return planned.map(({ subject, need, extra }) => ({ subject: this.subjectAt(subject), need, extra }));
  }

  /** All in one turn of the event loop. */
  async take(takes: readonly (readonly Demand[])[]): Promise<readonly TakeOutcome[]> {
    const outcomes = await Promise.all(takes.map((demands) => this.store.take(demands)));
    takes.forEach((demands, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) return;
      this.observer.took(demands, outcome);
      this.remember(demands, outcome);
    });
    return outcomes;
  }

  async takeOne(demands: readonly Demand[]): Promise<TakeOutcome> {
    const [outcome] = await this.take([demands]);
    if (outcome === undefined) throw new Error('no outcome');
    return outcome;
  }

  /** Takes nothing, and says how every subject stands. */
  async look(subjects: readonly Subject[] = this.subjects): Promise<TakeOutcome['states']> {
    const { states } = await this.takeOne(subjects.map((subject) => ({ subject, need: 0, extra: 0 })));
    return states;
  }

  private async waitForRoom(subject: Subject): Promise<void> {
    const [now] = await this.look([subject]);
    if (now === undefined || now.roomAtMs <= this.clock.nowMs()) return;
    this.clock.set(now.roomAtMs - 1);
    const [before] = await this.look([subject]);
    expect(before).toStrictEqual(now);
    this.clock.set(now.roomAtMs);
    // Another window may have become the tightest; the one that was has more than it had.
    const [after] = await this.look([{ ...subject, limits: onlyWindow(subject.limits, now.window) }]);
    expect(after?.remaining).toBeGreaterThan(now.remaining);
  }

  private async waitForRetry(demands: readonly Demand[]): Promise<void> {
    const before = await this.look();
    const { refusedBy, retryAtMs, states } = await this.takeOne(demands);
    if (refusedBy < 0) return;
    expect(states.map(({ granted }) => granted)).toStrictEqual(demands.map(() => 0));
    expect(await this.look()).toStrictEqual(before);
    this.clock.set(retryAtMs - 1);
    expect((await this.takeOne(demands)).refusedBy).toBeGreaterThanOrEqual(0);
    this.clock.set(retryAtMs);
    expect((await this.takeOne(demands)).refusedBy).toBe(-1);
  }

  private async giveBack(pick: number, units: number): Promise<void> {
    const grant = this.grants[pick % Math.max(1, this.grants.length)];
    if (grant === undefined || grant.unused === 0) return;
    const unused = { subject: grant.subject, units: Math.min(units, grant.unused), grantedAtMs: grant.atMs };
    await this.store.giveBack([unused]);
    this.observer.gaveBack(unused);
    grant.unused -= unused.units;
  }

  private remember(demands: readonly Demand[], { nowMs, states }: TakeOutcome): void {
    demands.forEach(({ subject }, index) => {
      const units = states[index]?.granted ?? 0;
      // Units are given back once for a moment: the oracle finds them by it.
      const isKnown = this.grants.some((grant) => grant.atMs === nowMs && grant.subject.key === subject.key);
      if (units > 0 && !isKnown) this.grants.push({ subject, atMs: nowMs, unused: units });
    });
  }

  private subjectAt(index: number): Subject {
    const subject = this.subjects[index];
    if (subject === undefined) throw new Error('no such subject');
    return subject;
  }
}

function onlyWindow(limits: WindowLimits, window: number): WindowLimits {
  return [window === 0 ? limits[0] : 0, window === 1 ? limits[1] : 0, window === 2 ? limits[2] : 0];
}

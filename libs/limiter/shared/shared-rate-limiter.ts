import type { Clock } from '@tollgate/domain';
import type { CounterStore } from '../counter-store';
import { TICK_MS } from '../limits';
import { lookedAt } from '../memory/memory-rate-limiter';
import { type Decision, type DecisionSource, type LimiterObserver, RateLimiter } from '../rate-limiter';
import type { Demand, Layer, Subject, SubjectState, TakeOutcome } from '../subject';
import { ApartUnits } from './apart-units';
import { DenialMemory } from './denial-memory';
import { type FailurePolicy, Fallback } from './fallback';
import { GuardedStore } from './guarded-store';
import type { Lease } from './lease';
import { LeaseBook } from './lease-book';
import { type LeasedSubject, Refill } from './leased-subject';
import { CLOSE_TIMEOUT_MS, DENIAL_WITH_LEASES_MS, MAX_WAITS, SWEEP_MS, TIMEOUT_MS } from './limits';
import { PreparedSubjects } from './prepared-subjects';
import { SharedTake } from './shared-take';

const SECOND_MS = 1_000;

export interface SharedRateLimiterOptions {
  /** Units taken in advance for a subject of each layer; 0: every request asks. */
  readonly leases: Readonly<Record<Layer, number>>;
  /** What decides while the counters can't be asked. */
  readonly onFailure: FailurePolicy;
  /** Processes that share the limits. */
  readonly replicas: number;
  /**
   * Whether the counters can take only subjects of one group in one step, as on a Redis Cluster. Of the subjects of a
   * request all that are not leased must then be of one group; each other is asked about by a call of its own.
   */
  readonly groupsApart?: boolean;
  /** What a request waits for the counters at most. */
  readonly timeoutMs?: number;
  /** Length of a tick; another one than `TICK_MS` only where a test scales time. */
  readonly tickMs?: number;
  /** Monotonic clock of this process; another one than `performance.now` only in tests. */
  readonly nowMs?: () => number;
}

/**
 * Decides by counters that several processes share, with as few calls as possible: by units taken in advance, by
 * refusals that still hold, else by one call. Without an answer in time it falls back to what the options say.
 */
export class SharedRateLimiter extends RateLimiter {
  private readonly prepared = new WeakMap<readonly Subject[], PreparedSubjects>();
  private readonly guarded: GuardedStore;
  private readonly book: LeaseBook;
  private readonly denials: DenialMemory;
  private readonly fallback: Fallback;
  private readonly nowMs: () => number;
  private readonly timeoutMs: number;
  private readonly tickMs: number;
  private readonly groupsApart: boolean;
  private readonly timer: NodeJS.Timeout;
  private isClosed = false;

  constructor(
    private readonly store: CounterStore,
    private readonly clock: Clock,
    private readonly observer: LimiterObserver,
    private readonly options: SharedRateLimiterOptions,
  ) {
    super();
    const { leases, onFailure, replicas, tickMs = TICK_MS } = options;
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.tickMs = tickMs;
    this.groupsApart = options.groupsApart ?? false;
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.book = new LeaseBook({ sizes: leases, tickMs });
    const hasLeases = Object.values(leases).some((size) => size > 0);
    this.denials = new DenialMemory(hasLeases ? DENIAL_WITH_LEASES_MS : Number.POSITIVE_INFINITY);
    this.fallback = new Fallback(clock, { policy: onFailure, replicas, tickMs });
    this.guarded = new GuardedStore(store, observer, {
      timeoutMs: this.timeoutMs,
      nowMs: this.nowMs,
      onLateAnswer: (demands, outcome) => {
        this.returnExtras(demands, outcome);
      },
      onRecovery: () => {
        this.denials.clear();
      },
    });
    this.timer = setInterval(() => {
      this.sweep();
    }, SWEEP_MS).unref();
  }

  /**
   * Subjects that are asked for again as the same array are prepared once.
   *
   * @returns at once when leases or a remembered refusal decide, or while the counters are not asked
   * @throws TollgateError `unavailable` under the policy `closed`; it too at once, while they are not asked
   */
  override take(subjects: readonly Subject[]): Decision | Promise<Decision> {
    const prepared = this.prepare(subjects);
    const nowMs = this.nowMs();
    return this.decideAlone(prepared, nowMs) ?? this.decideTogether(prepared, nowMs);
  }

  override look(subjects: readonly Subject[]): Decision | Promise<Decision> {
    const prepared = this.prepare(subjects);
    const nowMs = this.nowMs();
    const denied = this.findDenied(prepared, nowMs);
    if (denied !== undefined) return denied;
    return this.guarded.mayAsk(nowMs) ? this.askOnly(prepared, nowMs) : this.fallback.look(subjects);
  }

  /** Gives back what nobody will use; called by a timer. */
  sweep(): void {
    this.book.sweep(this.nowMs());
    // What can't be given back now is kept: the counters may answer again before it has left the window.
    if (this.guarded.isHealthy || this.isClosed) void this.giveBack();
  }

  override async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.timer);
    this.book.clear();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([this.giveBack(), timeout]);
    clearTimeout(timer);
    await this.fallback.close();
  }

  private prepare(subjects: readonly Subject[]): PreparedSubjects {
    let prepared = this.prepared.get(subjects);
    if (prepared === undefined) {
      prepared = new PreparedSubjects(subjects, this.book, ({ layer }) => this.options.leases[layer] > 0);
      this.prepared.set(subjects, prepared);
    }
    return prepared;
  }

  /** The decision, where it takes no call. */
  private decideAlone(prepared: PreparedSubjects, nowMs: number): Decision | undefined {
    if (prepared.mayNeedNoCall) {
      const decision = this.takeLeased(prepared, nowMs);
      if (decision !== undefined) return decision;
    }
    const denied = this.findDenied(prepared, nowMs);
    if (denied !== undefined) return this.tell(prepared, denied, 'denial');
    return this.guarded.mayAsk(nowMs) ? undefined : this.fallBack(prepared);
  }

  /** One unit of the lease of each subject, or none of any. */
  private takeLeased(prepared: PreparedSubjects, nowMs: number): Decision | undefined {
    const count = prepared.subjects.length;
    for (let index = 0; index < count; index += 1) {
      if (prepared.usableAt(index, nowMs, nowMs) === undefined) return undefined;
    }
    const states: SubjectState[] = [];
    for (let index = 0; index < count; index += 1) {
      const leased = prepared.leasedAt(index, nowMs);
      if (leased?.lease === undefined) continue;
      leased.usedAtMs = nowMs;
      leased.lease.units -= 1;
      states.push(leased.lease.describe());
      if (this.book.isLow(leased, nowMs) && this.guarded.isHealthy) this.prefetch(leased, leased.lease, nowMs);
    }
    return this.tell(prepared, { refusedBy: -1, retryAfterSeconds: 0, states, degraded: undefined }, 'lease');
  }

  /** By refusals that still hold; a subject that has a unit here is not refused. */
  private findDenied(prepared: PreparedSubjects, nowMs: number): Decision | undefined {
    let states: SubjectState[] | undefined;
    let refusedBy = -1;
    let retryAtMs = nowMs;
    for (const [index, subject] of prepared.subjects.entries()) {
      const denial = this.denials.find(subject, nowMs);
      if (denial === undefined || prepared.usableAt(index, nowMs, nowMs) !== undefined) continue;
      states ??= prepared.subjects.map((_, at) => prepared.lastKnown(at, this.clock.nowMs(), denial));
      states[index] = denial.state;
      if (refusedBy < 0) refusedBy = index;
      retryAtMs = Math.max(retryAtMs, denial.retryAtMs);
    }
    if (states === undefined) return undefined;
    const retryAfterSeconds = Math.max(1, Math.ceil((retryAtMs - nowMs) / SECOND_MS));
    return { refusedBy, retryAfterSeconds, states, degraded: undefined };
  }

  /** With the counters, or with others that are about to fill the same leases. */
  private async decideTogether(prepared: PreparedSubjects, startedAtMs: number): Promise<Decision> {
    const untilMs = startedAtMs + this.timeoutMs;
    let nowMs = startedAtMs;
    for (let waits = 0; prepared.hasLeases && waits < MAX_WAITS; waits += 1) {
      const refill = this.refillToAwait(prepared, nowMs, untilMs);
      if (refill === undefined) break;
      if (!(await refill.ended)) return this.fallBack(prepared);
      nowMs = this.nowMs();
      const decision = this.decideAlone(prepared, nowMs);
      if (decision !== undefined) return decision;
    }
    const isApart = this.groupsApart && prepared.apart.length > 0;
    return isApart ? this.askApart(prepared, untilMs) : this.ask(prepared, nowMs, untilMs);
  }

  /** A refill under way of a subject that has no unit left, if it ends in time for a request. */
  private refillToAwait(prepared: PreparedSubjects, nowMs: number, untilMs: number): Refill | undefined {
    for (let index = 0; index < prepared.subjects.length; index += 1) {
      const refill = prepared.leasedAt(index, nowMs)?.refill;
      if (refill === undefined || refill.untilMs > untilMs) continue;
      if (prepared.usableAt(index, nowMs, untilMs) === undefined) return refill;
    }
    return undefined;
  }

  private async ask(
    prepared: PreparedSubjects,
    nowMs: number,
    untilMs: number,
    held: readonly (Lease | undefined)[] = [],
  ): Promise<Decision> {
    const take = new SharedTake(prepared, this.book, this.denials, nowMs, untilMs, held);
    const decision =
      take.demands.length === 0 ? take.pass() : take.conclude(await this.guarded.ask(take.demands, nowMs, untilMs));
    if (this.isClosed) this.sweep();
    return decision === undefined ? this.fallBack(prepared) : this.tell(prepared, decision, 'shared');
  }

  /** First what can't be taken in one step with the rest, then the rest. */
  private async askApart(prepared: PreparedSubjects, untilMs: number): Promise<Decision> {
    const apart = new ApartUnits(prepared, this.guarded, this.book, this.denials, this.tickMs);
    const outcome = await apart.acquire(this.nowMs, untilMs);
    const nowMs = this.nowMs();
    if (outcome === 'acquired') return this.ask(prepared, nowMs, untilMs, apart.held);
    return outcome === 'unanswered' ? this.fallBack(prepared) : this.tell(prepared, outcome, 'shared');
  }

  private async askOnly(prepared: PreparedSubjects, nowMs: number): Promise<Decision> {
    const untilMs = nowMs + this.timeoutMs;
    const portions = this.groupsApart ? prepared.looksByGroup : [prepared.looks];
    const answers = await Promise.all(portions.map((looks) => this.guarded.ask(looks, nowMs, untilMs)));
    const found = new Map<Subject, SubjectState>();
    let counterNowMs = 0;
    for (const [portion, answer] of answers.entries()) {
      if (answer === undefined) return this.fallback.look(prepared.subjects);
      counterNowMs = answer.outcome.nowMs;
      portions[portion]?.forEach(({ subject }, at) => {
        const state = answer.outcome.states[at];
        if (state !== undefined) found.set(subject, state);
      });
    }
    const receivedAtMs = this.nowMs();
    const states = prepared.subjects.flatMap((subject, index) => {
      const state = found.get(subject);
      const units = prepared.usableAt(index, receivedAtMs, receivedAtMs)?.units ?? 0;
      return state === undefined ? [] : { ...state, remaining: state.remaining + units };
    });
    return lookedAt({ nowMs: counterNowMs, refusedBy: -1, retryAtMs: counterNowMs, states });
  }

  /** Fills a lease up while requests still use it. */
  private prefetch(leased: LeasedSubject, { subject, units }: Lease, nowMs: number): void {
    const untilMs = nowMs + this.timeoutMs;
    const refilled = [leased];
    const refill = Refill.begin(refilled, untilMs);
    const demand: Demand = { subject, need: 0, extra: leased.size - units };
    void this.guarded.ask([demand], nowMs, untilMs).then((answer) => {
      const state = answer?.outcome.states[0];
      if (answer !== undefined && state !== undefined) this.book.enter(leased, subject, state, state.granted, answer);
      refill?.end(refilled, answer !== undefined);
      if (this.isClosed) this.sweep();
    });
  }

  private fallBack(prepared: PreparedSubjects): Decision {
    return this.tell(prepared, this.fallback.take(prepared.subjects), 'fallback');
  }

  private tell(prepared: PreparedSubjects, decision: Decision, source: DecisionSource): Decision {
    this.observer.decided(prepared.subjects, decision, source);
    return decision;
  }

  /** A request that is not waiting any more was counted all the same; only what it did not need comes back. */
  private returnExtras(demands: readonly Demand[], { nowMs, states }: TakeOutcome): void {
    for (const [index, { subject, need }] of demands.entries()) {
      this.book.giveBack({ subject, grantedAtMs: nowMs }, (states[index]?.granted ?? 0) - need);
    }
    if (this.isClosed) this.sweep();
  }

  private async giveBack(): Promise<void> {
    await Promise.allSettled(this.book.drain().map(async (portion) => this.store.giveBack(portion)));
  }
}

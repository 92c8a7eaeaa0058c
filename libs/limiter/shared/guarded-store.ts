import type { CounterStore } from '../counter-store';
import type { LimiterObserver } from '../rate-limiter';
import type { Demand, TakeOutcome } from '../subject';
import { CallDeadlines, type TimedCall } from './call-deadlines';
import { type CallFailure, CircuitBreaker, type Permit } from './circuit-breaker';
import { isLostConnection } from './lost-connection';

/** What shared counters said, and when by the monotonic clock of this process. */
export interface Answer {
  readonly outcome: TakeOutcome;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

export interface GuardedStoreOptions {
  /** What a call has at most. */
  readonly timeoutMs: number;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** An answer that nobody waited for any more: what it granted is counted. */
  readonly onLateAnswer: (demands: readonly Demand[], outcome: TakeOutcome) => void;
  /** The counters answer again; they may have lost what was counted. */
  readonly onRecovery: () => void;
}

const UNANSWERED: Promise<undefined> = Promise.resolve(undefined);

/** Asks shared counters within a time, and not at all while they don't answer. Never rejects. */
export class GuardedStore {
  private readonly breaker: CircuitBreaker;
  private readonly deadlines: CallDeadlines;

  constructor(
    private readonly store: CounterStore,
    private readonly observer: LimiterObserver,
    private readonly options: GuardedStoreOptions,
  ) {
    this.deadlines = new CallDeadlines(options.nowMs);
    this.breaker = new CircuitBreaker((state) => {
      if (state === 'closed') options.onRecovery();
      observer.circuit(state);
    });
  }

  /** Whether the counters answer, as far as known. */
  get isHealthy(): boolean {
    return this.breaker.isClosed;
  }

  /** Whether {@link ask} would ask at all. */
  mayAsk(nowMs: number): boolean {
    return this.breaker.wouldAdmit(nowMs);
  }

  /**
   * @param untilMs when it must have ended, by the monotonic clock
   * @returns `undefined` when there was no answer; whether the units were counted is then unknown
   */
  ask(demands: readonly Demand[], sentAtMs: number, untilMs: number): Promise<Answer | undefined> {
    const permit = this.breaker.admit(sentAtMs);
    if (permit === undefined) return UNANSWERED;
    return new Promise((resolve) => {
      const call: TimedCall = {
        untilMs,
        expire: () => {
          const hadAllItsTime = untilMs - sentAtMs > this.options.timeoutMs - 1;
          this.fail(permit, hadAllItsTime ? 'late' : 'cut', sentAtMs, 'timeout');
          resolve(undefined);
        },
      };
      this.deadlines.add(call);
      this.send(demands).then(
        (outcome) => {
          if (!this.deadlines.remove(call)) {
            this.options.onLateAnswer(demands, outcome);
            return;
          }
          const receivedAtMs = this.options.nowMs();
          this.breaker.succeeded(permit);
          this.observer.asked(receivedAtMs - sentAtMs, 'answered');
          resolve({ outcome, sentAtMs, receivedAtMs });
        },
        (error: unknown) => {
          if (!this.deadlines.remove(call)) return;
          this.fail(permit, isLostConnection(error) ? 'lost' : 'late', sentAtMs, 'failed');
          resolve(undefined);
        },
      );
    });
  }

  private async send(demands: readonly Demand[]): Promise<TakeOutcome> {
    return this.store.take(demands);
  }

  private fail(permit: Permit, failure: CallFailure, sentAtMs: number, outcome: 'timeout' | 'failed'): void {
    const nowMs = this.options.nowMs();
    this.observer.asked(nowMs - sentAtMs, outcome);
    this.breaker.failed(permit, failure, nowMs);
  }
}

import { type Decision, type LimiterObserver, RateLimiter, SILENT_OBSERVER } from '../rate-limiter';
import type { Demand, Subject, TakeOutcome } from '../subject';
import type { MemoryCounterStore } from './memory-counter-store';

const SECOND_MS = 1_000;
const SWEEP_INTERVAL_MS = 10_000;

/** Decides by counters in this process: the embedded mode with one process. */
export class MemoryRateLimiter extends RateLimiter {
  private readonly timer: NodeJS.Timeout;
  private readonly taken = new WeakMap<readonly Subject[], readonly Demand[]>();

  constructor(
    private readonly store: MemoryCounterStore,
    private readonly observer: LimiterObserver = SILENT_OBSERVER,
  ) {
    super();
    this.timer = setInterval(() => {
      store.sweep();
    }, SWEEP_INTERVAL_MS).unref();
  }

  /** Subjects that are asked for again as the same array are prepared once. */
  override take(subjects: readonly Subject[]): Decision {
    let demands = this.taken.get(subjects);
    if (demands === undefined) {
      demands = subjects.map((subject) => ({ subject, need: 1, extra: 0 }));
      this.taken.set(subjects, demands);
    }
    const decision = toDecision(this.store.takeNow(demands));
    this.observer.decided(subjects, decision, 'memory');
    return decision;
  }

  override look(subjects: readonly Subject[]): Decision {
    return lookedAt(this.store.takeNow(subjects.map((subject) => ({ subject, need: 0, extra: 0 }))));
  }

  override close(): Promise<void> {
    clearInterval(this.timer);
    return Promise.resolve();
  }
}

/** @param outcome of a take */
export function toDecision({ refusedBy, retryAtMs, nowMs, states }: TakeOutcome): Decision {
  const retryAfterSeconds = refusedBy < 0 ? 0 : Math.max(1, Math.ceil((retryAtMs - nowMs) / SECOND_MS));
  return { refusedBy, retryAfterSeconds, states, degraded: undefined };
}

/** @param outcome of a take that needed nothing, and so was not refused */
export function lookedAt({ nowMs, states }: TakeOutcome): Decision {
  const refusedBy = states.findIndex(({ remaining }) => remaining === 0);
  const roomAtMs = Math.max(nowMs, ...states.filter(({ remaining }) => remaining === 0).map((state) => state.roomAtMs));
  return toDecision({ refusedBy, retryAtMs: roomAtMs, nowMs, states });
}

import { type Clock, TollgateError } from '@tollgate/domain';
import { MemoryCounterStore } from '../memory/memory-counter-store';
import { MemoryRateLimiter } from '../memory/memory-rate-limiter';
import type { Decision } from '../rate-limiter';
import type { Subject, WindowLimits } from '../subject';

/**
 * What decides when shared counters can't be asked.
 * - `local`: this process counts by itself, against its share of the limits
 * - `open`: every request passes
 * - `closed`: none does
 */
export type FailurePolicy = 'local' | 'open' | 'closed';

export interface FallbackOptions {
  readonly policy: FailurePolicy;
  /** Processes that share the limits. */
  readonly replicas: number;
  readonly tickMs: number;
}

const OPEN: Decision = { refusedBy: -1, retryAfterSeconds: 0, states: [], degraded: 'open' };

/** Decides without shared counters. */
export class Fallback {
  private readonly local: MemoryRateLimiter;
  private readonly shares = new WeakMap<readonly Subject[], readonly Subject[]>();

  constructor(
    clock: Clock,
    private readonly options: FallbackOptions,
  ) {
    this.local = new MemoryRateLimiter(new MemoryCounterStore(clock, { tickMs: options.tickMs }));
  }

  /** @throws TollgateError `unavailable` under the policy `closed` */
  take(subjects: readonly Subject[]): Decision {
    return this.decide(() => this.local.take(this.shareOf(subjects)));
  }

  /** @throws TollgateError `unavailable` under the policy `closed` */
  look(subjects: readonly Subject[]): Decision {
    return this.decide(() => this.local.look(this.shareOf(subjects)));
  }

  close(): Promise<void> {
    return this.local.close();
  }

  private decide(locally: () => Decision): Decision {
    switch (this.options.policy) {
      case 'local': {
        const { refusedBy, retryAfterSeconds, states } = locally();
        return { refusedBy, retryAfterSeconds, states, degraded: 'local' };
      }
      case 'open':
        return OPEN;
      case 'closed':
        throw new TollgateError('unavailable', 'rate limits cannot be checked', { retryAfterSeconds: 1 });
    }
  }

  private shareOf(subjects: readonly Subject[]): readonly Subject[] {
    let share = this.shares.get(subjects);
    if (share === undefined) {
      share = subjects.map((subject) => ({ ...subject, limits: divide(subject.limits, this.options.replicas) }));
      this.shares.set(subjects, share);
    }
    return share;
  }
}

/** A window without a limit stays without one; any other keeps at least 1. */
function divide([perMinute, perHour, perDay]: WindowLimits, replicas: number): WindowLimits {
  const share = (limit: number): number => (limit === 0 ? 0 : Math.max(1, Math.floor(limit / replicas)));
  return [share(perMinute), share(perHour), share(perDay)];
}

import type { Subject, SubjectState } from './subject';

/**
 * Why an answer is weaker than it should be: the counters that all processes share can't be asked.
 * - `local`: this process counted by itself, against its share of the limits
 * - `open`: nobody counted
 */
export type Degradation = 'local' | 'open';

/** Whether a request may pass. */
export interface Decision {
  /** Position of the first subject that refuses; -1 when the request may pass. A refused request was counted nowhere. */
  readonly refusedBy: number;
  /** Seconds after which a repeat may pass, at least 1; 0 when this one may. */
  readonly retryAfterSeconds: number;
  /** In the order of the subjects; empty where nobody counted. */
  readonly states: readonly SubjectState[];
  readonly degraded: Degradation | undefined;
}

/** Takes one unit for a request from every subject it counts for, in one step: from all of them, or from none. */
export abstract class RateLimiter {
  /**
   * @param subjects at least one; the order is the one in which a refusal is named
   * @returns at once where the counters are in this process
   * @throws TollgateError `unavailable` when the counters can't be asked and this is not to be answered without them
   */
  abstract take(subjects: readonly Subject[]): Decision | Promise<Decision>;

  /** The same decision for a request that is not counted. */
  abstract look(subjects: readonly Subject[]): Decision | Promise<Decision>;

  /** Gives back what was taken in advance. To be called once, after the last request. */
  abstract close(): Promise<void>;
}

/** How a decision came about: by counters in this process, by a lease, by a remembered refusal, by shared counters, or without them. */
export type DecisionSource = 'memory' | 'lease' | 'denial' | 'shared' | 'fallback';

/** What the limiter tells of itself, for metrics. Called on the hot path: must be cheap and must not throw. */
export interface LimiterObserver {
  decided(subjects: readonly Subject[], decision: Decision, source: DecisionSource): void;
  /** Shared counters answered, or failed to. */
  asked(durationMs: number, outcome: 'answered' | 'timeout' | 'failed'): void;
  /** Whether shared counters are asked at all: `open` is the circuit breaker's word for "not". */
  circuit(state: 'closed' | 'half-open' | 'open'): void;
}

/** Tells nobody. */
export const SILENT_OBSERVER: LimiterObserver = {
  decided: () => undefined,
  asked: () => undefined,
  circuit: () => undefined,
};

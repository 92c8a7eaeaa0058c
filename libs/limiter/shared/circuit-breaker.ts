import type { LimiterObserver } from '../rate-limiter';
import { MAX_FAILURES, OPEN_MS } from './limits';

export type CircuitState = Parameters<LimiterObserver['circuit']>[0];

/** Proof that a call was let through, for the report of how it went. */
export type Permit = number;

/**
 * Why a call failed.
 * - `lost`: the connection is gone; opens at once
 * - `late`: no answer in the whole time a call has, or an answer that is an error
 * - `cut`: no answer in less than that time, as its request had waited before; says little
 */
export type CallFailure = 'lost' | 'late' | 'cut';

/**
 * Spares requests the wait for counters that don't answer.
 *
 * ```
 * closed     every call passes.           → open       after 3 failures in a row, or a lost connection
 * open       no call passes.              → half-open  with the first call after 250 ms: the probe
 * half-open  only the probe is under way. → closed     when it is answered
 *                                         → open       when it fails
 * ```
 *
 * What a call reports counts only in the state in which it was let through.
 */
export class CircuitBreaker {
  private state: CircuitState = 'closed';
  private failures = 0;
  private openedAtMs = 0;
  /** Counts the changes of state. */
  private generation = 0;

  /** @param changed told of each change of state */
  constructor(private readonly changed: (state: CircuitState) => void) {}

  get isClosed(): boolean {
    return this.state === 'closed';
  }

  /** Whether {@link admit} would let a call through. */
  wouldAdmit(nowMs: number): boolean {
    return this.state === 'closed' || (this.state === 'open' && nowMs - this.openedAtMs >= OPEN_MS);
  }

  /** Lets a call through, or `undefined`; its outcome must be reported. */
  admit(nowMs: number): Permit | undefined {
    if (this.state === 'closed') return this.generation;
    if (!this.wouldAdmit(nowMs)) return undefined;
    this.become('half-open');
    return this.generation;
  }

  succeeded(permit: Permit): void {
    if (permit !== this.generation) return;
    this.failures = 0;
    if (this.state === 'half-open') this.become('closed');
  }

  failed(permit: Permit, failure: CallFailure, nowMs: number): void {
    if (permit !== this.generation) return;
    if (this.state === 'closed') {
      if (failure === 'cut') return;
      this.failures += 1;
      if (failure === 'late' && this.failures < MAX_FAILURES) return;
    }
    this.failures = 0;
    this.openedAtMs = nowMs;
    this.become('open');
  }

  private become(state: CircuitState): void {
    this.state = state;
    this.generation += 1;
    this.changed(state);
  }
}

/** A connection that waits for a {@link TokenBucket}. */
export interface BucketWaiter {
  /** About how many bytes it will take when it is let go: what it took last. */
  readonly expectedBytes: number;
  /** It may take again. */
  tokensAvailable(): void;
  /** That has thrown: the waiter is to end, and the others go on. */
  fail(error: Error): void;
}

/** What a {@link TokenBucket} needs of its surroundings. */
export interface BucketScheduler {
  /** Monotone milliseconds. */
  nowMs(): number;
  /** Calls `task` once after about `delayMs`. */
  schedule(delayMs: number, task: () => void): void;
  /** Told of what a waiter has thrown. */
  reportFault?(where: string, error: unknown): void;
}

/** Often enough for a smooth flow, and seldom enough to cost nothing. */
const MIN_DELAY_MS = 10;

/**
 * Holds any number of connections, in both directions, to a rate in common. Rate and burst are the same number, as in frp: a bucket
 * that was idle for a second lets pass what a second has room for.
 *
 * Bytes that are there are taken even when there are fewer tokens: the debt is paid before anyone takes again, so that the rate holds
 * whatever the chunks' sizes. Who is held up waits in order of arrival.
 */
export class TokenBucket {
  private tokens: number;
  private filledAtMs: number;
  private readonly waiters = new Set<BucketWaiter>();
  private isScheduled = false;
  private readonly onTime = (): void => {
    this.isScheduled = false;
    this.letGo();
    this.plan();
  };

  /** @param bytesPerSecond above 0 */
  constructor(
    private readonly bytesPerSecond: number,
    private readonly scheduler: BucketScheduler,
  ) {
    if (!(bytesPerSecond > 0)) throw new RangeError('a rate must be above 0');
    this.tokens = bytesPerSecond;
    this.filledAtMs = scheduler.nowMs();
  }

  /** As much as should be taken at once: more means to be in debt for longer than a second. At least 1. */
  get burstBytes(): number {
    return Math.max(1, Math.floor(this.bytesPerSecond));
  }

  /** @returns `false` when the caller is to {@link wait} before it takes again */
  take(bytes: number): boolean {
    this.fill();
    this.tokens -= bytes;
    return this.tokens > 0;
  }

  /**
   * For what is dropped rather than kept waiting: takes all of it or, while there are no tokens, nothing. What is dropped makes no debt,
   * so that a flood of it holds nobody up.
   * @returns whether it was taken
   */
  tryTake(bytes: number): boolean {
    this.fill();
    if (this.tokens <= 0) return false;
    this.tokens -= bytes;
    return true;
  }

  /** Has `waiter` told when there are tokens, unless it {@link leave}s before. */
  wait(waiter: BucketWaiter): void {
    this.waiters.add(waiter);
    this.plan();
  }

  /** For one that is over. */
  leave(waiter: BucketWaiter): void {
    this.waiters.delete(waiter);
  }

  private fill(): void {
    const nowMs = this.scheduler.nowMs();
    const filled = this.tokens + ((nowMs - this.filledAtMs) / 1000) * this.bytesPerSecond;
    this.tokens = Math.min(this.bytesPerSecond, filled);
    this.filledAtMs = nowMs;
  }

  private letGo(): void {
    this.fill();
    // Some take at once and others when bytes come for them, so no more are let go than what is there is expected to be enough for.
    let expected = 0;
    for (let count = this.waiters.size; count > 0 && this.tokens > 0 && expected < this.tokens; count--) {
      const [first] = this.waiters;
      if (first === undefined) return;
      this.waiters.delete(first);
      const before = this.tokens;
      const { expectedBytes } = first;
      this.wake(first);
      if (this.tokens === before) expected += expectedBytes;
    }
  }

  private wake(waiter: BucketWaiter): void {
    try {
      waiter.tokensAvailable();
    } catch (error) {
      this.scheduler.reportFault?.('token bucket', error);
      waiter.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private plan(): void {
    if (this.isScheduled || this.waiters.size === 0) return;
    this.isScheduled = true;
    const debtMs = this.tokens > 0 ? 0 : (-this.tokens / this.bytesPerSecond) * 1000;
    this.scheduler.schedule(Math.max(MIN_DELAY_MS, Math.ceil(debtMs)), this.onTime);
  }
}

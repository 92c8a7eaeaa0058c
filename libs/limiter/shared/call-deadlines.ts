import { DEADLINE_CHECK_MS } from './limits';

/** A call under way. */
export interface TimedCall {
  /** By the same clock as that of {@link CallDeadlines}. */
  readonly untilMs: number;
  expire(): void;
}

/** Ends calls that take too long. One timer for all of them: a timer for each would cost more than the call. */
export class CallDeadlines {
  private readonly calls = new Set<TimedCall>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly nowMs: () => number) {}

  add(call: TimedCall): void {
    this.calls.add(call);
    this.timer ??= setInterval(() => {
      this.check();
    }, DEADLINE_CHECK_MS).unref();
  }

  /** @returns false when the call has expired already */
  remove(call: TimedCall): boolean {
    return this.calls.delete(call);
  }

  private check(): void {
    if (this.calls.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    const nowMs = this.nowMs();
    for (const { untilMs } of this.calls) {
      if (untilMs > nowMs) continue;
      // After a long pause of this process the answers may lie in the sockets: these are read first.
      setImmediate(() => {
        this.expire(nowMs);
      });
      return;
    }
  }

  private expire(nowMs: number): void {
    for (const call of this.calls) {
      if (call.untilMs > nowMs) continue;
      this.calls.delete(call);
      call.expire();
    }
  }
}

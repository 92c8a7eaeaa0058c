import type { Log } from '@tollgate/observability';

/** A fault that comes back with each packet must not fill the log: after one the next are counted for so long, in milliseconds. */
const QUIET_MS = 1_000;

/** Where faults of ours are told of that cost one connection or proxy, and were kept from taking all tenants down. */
export class FaultLog {
  private toldAtMs = Number.NEGATIVE_INFINITY;
  private leftOut = 0;

  constructor(
    private readonly log: Log,
    /** Monotone milliseconds. */
    private readonly nowMs: () => number,
  ) {}

  /** @param where what was going on, in a word or two */
  report(where: string, error: unknown): void {
    const nowMs = this.nowMs();
    if (nowMs - this.toldAtMs < QUIET_MS) {
      this.leftOut += 1;
      return;
    }
    const { leftOut } = this;
    this.toldAtMs = nowMs;
    this.leftOut = 0;
    this.log.error({ err: error, where, ...(leftOut === 0 ? {} : { leftOut }) }, 'a fault has ended a connection');
  }
}

import type { UsageCounts, UsageResult } from '@tollgate/domain';

/** What one token did in one hour since it was last taken. Kept beside the token in memory, so that counting makes nothing. */
export class UsageCounter {
  /** Whole hours since the epoch that the counts belong to; the usage meter moves it on. */
  hour = 0;
  /** Whether the usage meter has it on its list already. */
  isPending = false;

  private valid = 0;
  private scope = 0;
  private inactive = 0;
  private expired = 0;
  private suspended = 0;
  private limited = 0;

  /** @param lastUsedMs the last `valid` use that is known, in milliseconds since the epoch; 0: never. Only moves forward. */
  constructor(public lastUsedMs = 0) {}

  add(result: UsageResult, nowMs: number): void {
    switch (result) {
      case 'valid':
        this.valid += 1;
        if (nowMs > this.lastUsedMs) this.lastUsedMs = nowMs;
        return;
      case 'limited':
        this.limited += 1;
        return;
      case 'scope':
        this.scope += 1;
        return;
      case 'inactive':
        this.inactive += 1;
        return;
      case 'expired':
        this.expired += 1;
        return;
      case 'suspended':
        this.suspended += 1;
        return;
    }
  }

  /** The counts so far, which start again at 0; `undefined` when there are none. */
  take(): UsageCounts | undefined {
    const { valid, scope, inactive, expired, suspended, limited } = this;
    this.valid = 0;
    if (scope + inactive + expired + suspended + limited === 0) return valid === 0 ? undefined : { valid };
    this.scope = 0;
    this.inactive = 0;
    this.expired = 0;
    this.suspended = 0;
    this.limited = 0;
    // Zeros included: one shape for all is made several times as fast.
    return { valid, scope, inactive, expired, suspended, limited };
  }
}

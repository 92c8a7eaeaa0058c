import type { Lease } from './lease';

/** A subject of a layer that is leased, while requests for it come in. */
export class LeasedSubject {
  lease: Lease | undefined;
  /** At most one at a time: others wait for it, or many requests at once would take a lease each. */
  refill: Refill | undefined;
  /** Until when it is not worth asking for a lease, as the last time nothing could be spared for one. */
  scarceUntilMs = Number.NEGATIVE_INFINITY;
  usedAtMs: number;
  /** Not in the book any more: to be found anew. */
  dropped = false;

  /** @param size units that a lease of it should have */
  constructor(
    readonly size: number,
    nowMs: number,
  ) {
    this.usedAtMs = nowMs;
  }
}

/** A call under way that brings units for leases. */
export class Refill {
  /** Whether the counters answered. Never rejects. */
  readonly ended: Promise<boolean>;
  private resolve: (answered: boolean) => void = () => undefined;

  /** @param untilMs when it has ended at the latest, by the monotonic clock of this process */
  private constructor(readonly untilMs: number) {
    this.ended = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  /** Marks subjects that are refilled from now on; `undefined` when there are none. */
  static begin(refilled: readonly LeasedSubject[], untilMs: number): Refill | undefined {
    if (refilled.length === 0) return undefined;
    const refill = new Refill(untilMs);
    for (const leased of refilled) leased.refill = refill;
    return refill;
  }

  /** To be called when what it brought is in the leases. */
  end(refilled: readonly LeasedSubject[], answered: boolean): void {
    for (const leased of refilled) leased.refill = undefined;
    this.resolve(answered);
  }
}

/** Something with deadlines, which looks at them when it is told the time. */
export interface Ticking {
  /** @param nowMs monotone milliseconds */
  tick(nowMs: number): void;
  /** Ends it: its `tick` has thrown. */
  destroy?(error: Error): void;
}

const INTERVAL_MS = 1_000;

/** Tells the time once a second to all that have deadlines: thousands of connections then need no timers of their own. */
export class Ticker {
  private readonly ticking = new Set<Ticking>();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param nowMs a monotone clock, in milliseconds
   * @param onFault told of what a `tick` has thrown, which is a fault of ours; without it the fault is thrown on
   */
  constructor(
    readonly nowMs: () => number = () => performance.now(),
    private readonly onFault?: (error: unknown) => void,
  ) {}

  get count(): number {
    return this.ticking.size;
  }

  add(ticking: Ticking): void {
    this.ticking.add(ticking);
  }

  delete(ticking: Ticking): void {
    this.ticking.delete(ticking);
  }

  start(): void {
    this.timer ??= setInterval(() => {
      this.tick();
    }, INTERVAL_MS);
  }

  /** One round; by itself once a second when started. */
  tick(): void {
    const nowMs = this.nowMs();
    for (const each of this.ticking) {
      try {
        each.tick(nowMs);
      } catch (error) {
        this.fail(each, error);
      }
    }
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** The others are told the time as well. */
  private fail(each: Ticking, fault: unknown): void {
    if (this.onFault === undefined) throw fault;
    this.onFault(fault);
    try {
      each.destroy?.(fault instanceof Error ? fault : new Error(String(fault)));
    } catch (error) {
      this.onFault(error);
    }
  }
}

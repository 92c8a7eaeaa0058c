interface Waiter {
  readonly revision: number;
  readonly done: () => void;
}

/** Those who wait until a revision has been seen. */
export class RevisionWaiters {
  private readonly waiters = new Set<Waiter>();

  /** @param timeoutMs after which it waits no longer */
  async wait(revision: number, timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        waiter.done();
      }, timeoutMs);
      const waiter: Waiter = {
        revision,
        done: () => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve();
        },
      };
      this.waiters.add(waiter);
    });
  }

  /** Ends the wait of everyone whose revision is this one or an earlier one. */
  release(revision: number): void {
    for (const waiter of [...this.waiters]) if (waiter.revision <= revision) waiter.done();
  }

  releaseAll(): void {
    this.release(Number.POSITIVE_INFINITY);
  }
}

/** How long something may wait in memory before it is written. */
const INTERVAL_MS = 1_000;
/** Waits before another attempt when the process ends and the store does not take what is left. */
const LAST_RETRIES_MS = [100, 250, 500, 1_000];

/** Runs a job at most a second apart, on demand, and at the end; never twice at once. */
export class PeriodicFlush {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<boolean> | undefined;
  private next: Promise<boolean> | undefined;

  /** @param job writes what waits; resolves to whether all of it was written, and never rejects */
  constructor(private readonly job: () => Promise<boolean>) {}

  start(): void {
    this.timer = setInterval(() => void this.now(), INTERVAL_MS).unref();
  }

  /**
   * Tries to write everything that waits at this moment. Callers at the same time share one attempt.
   * @returns whether all of it was written
   */
  now(): Promise<boolean> {
    if (this.running === undefined) return this.run();
    this.next ??= this.running.then(() => {
      this.next = undefined;
      return this.run();
    });
    return this.next;
  }

  /** The last flush, repeated a few times where need be. @returns whether everything was written */
  async stop(): Promise<boolean> {
    clearInterval(this.timer);
    if (await this.now()) return true;
    for (const delayMs of LAST_RETRIES_MS) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (await this.now()) return true;
    }
    return false;
  }

  private run(): Promise<boolean> {
    this.running = this.job().then((isWritten) => {
      this.running = undefined;
      return isWritten;
    });
    return this.running;
  }
}

/** Something that gathers what is written during a turn of the event loop. */
export interface Flushable {
  /** Sends what has been gathered. Called by the flusher only, and must not throw. */
  flush(): void;
}

/**
 * Flushes all sockets of a process once per turn of the event loop: one `setImmediate`, however many of them there are. What was read
 * from any number of sockets in a turn then leaves in one system call for each socket that it goes to.
 */
export class TurnFlusher {
  private waiting: Flushable[] = [];
  private readonly flushAll = (): void => {
    const { waiting } = this;
    // What is scheduled from now on belongs to the next turn.
    this.waiting = [];
    for (const each of waiting) each.flush();
  };

  /**
   * @param onFault told of what readers of the sockets have thrown, which is a fault of ours and has cost one connection; without it
   * the fault is thrown on
   */
  constructor(private readonly onFault?: (error: unknown) => void) {}

  /** Has `target` flushed at the end of this turn. Not to be called again for the same target before that. */
  schedule(target: Flushable): void {
    if (this.waiting.push(target) === 1) setImmediate(this.flushAll);
  }

  /** For the sockets: a reader has thrown. */
  report(error: unknown): void {
    if (this.onFault === undefined) throw error;
    this.onFault(error);
  }
}

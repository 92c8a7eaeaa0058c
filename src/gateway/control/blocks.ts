/** Most that are kept; the first to be set go first. */
const MAX_BLOCKS = 10_000;
const SECOND_MS = 1_000;

/** Clients that were sent away and are not to come back at once: frpc tries again as soon as it is cut. */
export class Blocks {
  private readonly untilMs = new Map<string, number>();

  constructor(private readonly nowMs: () => number) {}

  /** @param name of a client, by its run id, or of all of a token, by its id */
  block(name: string, seconds: number): void {
    this.untilMs.delete(name);
    this.untilMs.set(name, this.nowMs() + seconds * SECOND_MS);
    if (this.untilMs.size <= MAX_BLOCKS) return;
    const [oldest] = this.untilMs.keys();
    if (oldest !== undefined) this.untilMs.delete(oldest);
  }

  isBlocked(name: string): boolean {
    const untilMs = this.untilMs.get(name);
    if (untilMs === undefined) return false;
    if (untilMs > this.nowMs()) return true;
    this.untilMs.delete(name);
    return false;
  }
}

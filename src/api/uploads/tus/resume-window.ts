/** How long a resumable upload lives; a class, to be injected. */
export class ResumeWindow {
  /**
   * @param ms how long it waits for its next piece, and holds its token meanwhile, in milliseconds
   * @param maxMs how long it may take in all, from its creation on, in milliseconds
   */
  constructor(
    readonly ms: number,
    readonly maxMs: number,
  ) {}

  /** Milliseconds that an upload created then may wait from now on; 0 or less when its time is over. */
  leftMs(createdAt: Date, nowMs: number): number {
    return Math.min(this.ms, createdAt.getTime() + this.maxMs - nowMs);
  }
}

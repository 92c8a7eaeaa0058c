/** Something that is over and not gone yet. */
export interface Ending {
  /** @param nowMs monotone milliseconds */
  tick(nowMs: number): void;
}

/** The relays that are over and whose last bytes are still on their way: all that need to know the time. */
export class EndingRelays {
  private readonly endings = new Set<Ending>();

  add(ending: Ending): void {
    this.endings.add(ending);
  }

  delete(ending: Ending): void {
    this.endings.delete(ending);
  }

  /**
   * To be called about once a second.
   * @param nowMs monotone milliseconds
   */
  tick(nowMs: number): void {
    for (const ending of this.endings) ending.tick(nowMs);
  }
}

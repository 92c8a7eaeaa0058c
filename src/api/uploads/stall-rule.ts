const SECOND_MS = 1_000;
/** Parts of a window: an upload that stalls is noticed by a part of it late at most. */
const SLOTS = 8;

export interface StallRuleOptions {
  readonly windowMs: number;
  /** Bytes a second that a client must bring over a window. */
  readonly minRate: number;
}

/**
 * When an upload brings too little to be worth waiting for: less than the least rate over a whole window. Time in which we
 * did not listen, because the storage was busy, is no time of the client's and does not count.
 */
export class StallRule {
  readonly tickMs: number;
  private readonly leastBytes: number;
  private readonly slots: number[] = [];
  private seenBytes = 0;

  constructor({ windowMs, minRate }: StallRuleOptions) {
    this.tickMs = windowMs / SLOTS;
    this.leastBytes = (minRate * windowMs) / SECOND_MS;
  }

  /**
   * To be called every {@link tickMs}.
   * @param receivedBytes since the upload began
   * @param isListening whether it is the client that is waited for
   * @returns whether the upload is too slow
   */
  tick(receivedBytes: number, isListening: boolean): boolean {
    const bytes = receivedBytes - this.seenBytes;
    this.seenBytes = receivedBytes;
    if (!isListening && bytes === 0) return false;
    this.slots.push(bytes);
    if (this.slots.length < SLOTS) return false;
    const sum = this.slots.reduce((total, slot) => total + slot, 0);
    this.slots.shift();
    return sum < this.leastBytes;
  }
}

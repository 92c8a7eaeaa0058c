/** Lets a few through in each turn of the event loop; the others wait for later turns, in the order in which they came. */
export class TurnQuota {
  private left: number;
  private isArmed = false;
  private readonly waiting: (() => void)[] = [];

  /** @param perTurn how many */
  constructor(private readonly perTurn: number) {
    this.left = perTurn;
  }

  enter(): Promise<void> {
    this.arm();
    if (this.left > 0 && this.waiting.length === 0) {
      this.left -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private arm(): void {
    if (this.isArmed) return;
    this.isArmed = true;
    setImmediate(() => {
      this.isArmed = false;
      const next = this.waiting.splice(0, this.perTurn);
      this.left = this.perTurn - next.length;
      if (next.length > 0) this.arm();
      for (const go of next) go();
    });
  }
}

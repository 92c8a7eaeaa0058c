/** What both ends know of the bytes that went one way through a gateway between them. */
export class Passage {
  /** Handed to the sender's system. */
  sentBytes = 0;
  /** Come out at the other end. */
  receivedBytes = 0;
  private readonly times: number[] = [];
  private readonly totals: number[] = [];

  received(bytes: number): void {
    this.receivedBytes += bytes;
    this.times.push(performance.now());
    this.totals.push(this.receivedBytes);
  }

  /** What had come out by then. */
  receivedBy(timeMs: number): number {
    const after = this.times.findIndex((at) => at > timeMs);
    return (after === -1 ? this.receivedBytes : this.totals[after - 1]) ?? 0;
  }
}

/**
 * What a gateway can have counted for one proxy.
 *
 * A byte counts when the gateway has read it from the one side and passed it on to the other's, as frps counts what it has written
 * (golib's `Join`). So what has come out has been counted, and nothing is counted that was not sent: where a connection was let run
 * out both are the same, to the byte. Of one that somebody broke off in the middle neither end knows how far the gateway had got;
 * the truth lies between the two.
 */
export class ProxyTruth {
  /** From users to the service. */
  readonly in = new Passage();
  /** From the service to users. */
  readonly out = new Passage();
}

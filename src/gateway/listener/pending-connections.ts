/** How many strangers may be in the middle of introducing themselves. */
export interface PendingLimits {
  readonly maxPending: number;
  readonly maxPendingPerAddress: number;
  /** How long a connection may take until it is known for what it is, in milliseconds. */
  readonly handshakeMs: number;
}

/** A connection that has not yet said what it is. */
export interface PendingConnection {
  readonly address: string;
  /** Its time is over. */
  expire(): void;
}

/** Connections between their acceptance and the first bytes that mean something: bounded in number, by address, and in time. */
export class PendingConnections {
  private readonly deadlines = new Map<PendingConnection, number>();
  private readonly byAddress = new Map<string, number>();

  constructor(private limits: PendingLimits) {}

  get count(): number {
    return this.deadlines.size;
  }

  /** For those that come from now on. */
  setLimits(limits: PendingLimits): void {
    this.limits = limits;
  }

  /** @returns `false` when there are too many */
  add(connection: PendingConnection, nowMs: number): boolean {
    const { maxPending, maxPendingPerAddress, handshakeMs } = this.limits;
    const fromThere = this.byAddress.get(connection.address) ?? 0;
    if (this.deadlines.size >= maxPending || fromThere >= maxPendingPerAddress) return false;
    this.byAddress.set(connection.address, fromThere + 1);
    this.deadlines.set(connection, nowMs + handshakeMs);
    return true;
  }

  delete(connection: PendingConnection): void {
    if (!this.deadlines.delete(connection)) return;
    const left = (this.byAddress.get(connection.address) ?? 1) - 1;
    if (left === 0) this.byAddress.delete(connection.address);
    else this.byAddress.set(connection.address, left);
  }

  /** To be called about once a second. */
  tick(nowMs: number): void {
    for (const [connection, deadlineMs] of this.deadlines) {
      if (deadlineMs > nowMs) continue;
      this.delete(connection);
      connection.expire();
    }
  }

  close(): void {
    for (const connection of [...this.deadlines.keys()]) {
      this.delete(connection);
      connection.expire();
    }
  }
}

import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';

/** Why a user's connection got no work connection. */
export type NoWorkConnection = 'timeout' | 'closed' | 'too-many';

/** Somebody who needs a work connection. */
export interface WorkWaiter {
  /** The stream is the waiter's from now on. Nothing was written to it, and it has a reader that is to be replaced. */
  serve(stream: ByteStream): void;
  fail(reason: NoWorkConnection): void;
}

export interface WorkPoolOptions {
  /** Most connections that are kept ready; those beyond are refused. */
  readonly capacity: number;
  /** Most that may wait for one at a time. */
  readonly maxWaiters: number;
  /** How long each waits. */
  readonly waitMs: number;
  /** Asks the client for one more. */
  readonly request: () => void;
}

interface Waiting {
  readonly waiter: WorkWaiter;
  readonly deadlineMs: number;
}

/**
 * The work connections of one client that nobody uses yet, and the users who wait for one (frp `server/control.go`,
 * GetWorkConn): first come, first served; each one that is used is replaced, so that a pool that was too small for its users
 * grows, up to its capacity.
 */
export class WorkPool {
  private readonly parked = new Set<ParkedConnection>();
  private readonly waiting = new Set<Waiting>();
  private closed = false;

  constructor(private readonly options: WorkPoolOptions) {}

  get parkedCount(): number {
    return this.parked.size;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  /** Takes a connection that the client has opened. @returns `false` when there are enough: it is the caller's to refuse */
  offer(stream: ByteStream): boolean {
    if (this.closed) return false;
    const [next] = this.waiting;
    if (next !== undefined) {
      this.waiting.delete(next);
      this.options.request();
      next.waiter.serve(stream);
      return true;
    }
    if (this.parked.size >= this.options.capacity) return false;
    const connection = new ParkedConnection(stream, () => this.parked.delete(connection));
    this.parked.add(connection);
    stream.attach(connection);
    return true;
  }

  /**
   * Has the waiter served at once, or as soon as the client brings a connection, or told why not.
   * @returns takes the wish back, for a user who has gone
   */
  take(waiter: WorkWaiter, nowMs: number): () => void {
    if (this.closed) {
      waiter.fail('closed');
      return () => undefined;
    }
    const [oldest] = this.parked;
    if (oldest !== undefined) {
      this.parked.delete(oldest);
      this.options.request();
      waiter.serve(oldest.stream);
      return () => undefined;
    }
    if (this.waiting.size >= this.options.maxWaiters) {
      waiter.fail('too-many');
      return () => undefined;
    }
    const entry = { waiter, deadlineMs: nowMs + this.options.waitMs };
    this.waiting.add(entry);
    this.options.request();
    return () => this.waiting.delete(entry);
  }

  /** Gives up on waiters whose time is over. To be called about once a second. */
  tick(nowMs: number): void {
    for (const entry of this.waiting) {
      // They wait equally long, so that the first to come is the first to go.
      if (entry.deadlineMs > nowMs) return;
      this.waiting.delete(entry);
      entry.waiter.fail('timeout');
    }
  }

  close(): void {
    this.closed = true;
    for (const { stream } of this.parked) stream.destroy();
    this.parked.clear();
    for (const entry of this.waiting) {
      this.waiting.delete(entry);
      entry.waiter.fail('closed');
    }
  }
}

/** A connection that waits for its user. The client has nothing to say on it until it is started. */
class ParkedConnection implements ByteReader {
  constructor(
    readonly stream: ByteStream,
    private readonly leave: () => void,
  ) {}

  onData(_chunk: Buffer, lease?: Lease): void {
    lease?.release();
    this.drop();
  }

  onEnd(): void {
    this.drop();
  }

  onDrain(): void {
    // Nothing was written.
  }

  onClose(): void {
    this.leave();
  }

  private drop(): void {
    this.leave();
    this.stream.destroy();
  }
}

import { type Lease, InboundStream } from '@tollgate/stream-kit';

export interface StreamPairOptions {
  /** From how many bytes on that wait `write` answers `false`. 64 KiB unless told. */
  readonly highWaterBytes?: number;
  /** How much one end takes for a reader that is paused or not there. 64 KiB unless told. */
  readonly windowBytes?: number;
  /** Cuts what is written into pieces of 1 byte to 1 KiB, always the same ones for the same seed. Whole chunks unless told. */
  readonly splitSeed?: number;
  /**
   * When bytes move: each `microtask`, each `turn` of the event loop, or when a test calls {@link PairedStream.pump} (`manual`).
   * `microtask` unless told.
   */
  readonly delivery?: 'microtask' | 'turn' | 'manual';
}

/** One end of a {@link streamPair}. */
export interface PairedStream extends InboundStream {
  /** Moves all that can move in both directions, as often as it takes. */
  pump(): void;
}

/**
 * Two ends of a connection in memory: what is written to one comes out of the other, never from within `write`. Each is
 * held back by its peer's reader like a socket. Chunks are copied when they move, and their leases released then.
 */
export function streamPair(options: StreamPairOptions = {}): [PairedStream, PairedStream] {
  const link = new Link(options);
  return link.ends;
}

const PIECE_BYTES = 1024;

/** What both ends share: when bytes move, and in which pieces. */
class Link {
  readonly highWaterBytes: number;
  readonly windowBytes: number;
  readonly ends: [StreamEnd, StreamEnd];
  private readonly delivery: 'microtask' | 'turn' | 'manual';
  private random: number | undefined;
  private isScheduled = false;

  constructor({ highWaterBytes = 65536, windowBytes = 65536, splitSeed, delivery = 'microtask' }: StreamPairOptions) {
    this.highWaterBytes = highWaterBytes;
    this.windowBytes = windowBytes;
    this.delivery = delivery;
    this.random = splitSeed;
    this.ends = [new StreamEnd(this, 1), new StreamEnd(this, 0)];
  }

  schedule(): void {
    if (this.isScheduled || this.delivery === 'manual') return;
    this.isScheduled = true;
    const pump = (): void => {
      this.isScheduled = false;
      this.pump();
    };
    if (this.delivery === 'turn') setImmediate(pump);
    else queueMicrotask(pump);
  }

  pump(): void {
    const [one, other] = this.ends;
    for (;;) {
      const oneMoved = one.step();
      const otherMoved = other.step();
      if (!oneMoved && !otherMoved) return;
    }
  }

  /** How many bytes the next piece has at most. */
  pieceBytes(): number {
    if (this.random === undefined) return Number.POSITIVE_INFINITY;
    // A linear congruential generator: what matters is that a seed always gives the same pieces.
    this.random = (Math.imul(this.random, 1664525) + 1013904223) >>> 0;
    const { random } = this;
    return random % 4 === 0 ? 1 + ((random >>> 8) % 4) : 1 + ((random >>> 8) % PIECE_BYTES);
  }
}

class StreamEnd extends InboundStream implements PairedStream {
  private readonly queue: { chunk: Buffer; lease: Lease | undefined }[] = [];
  private queued = 0;
  private needsDrain = false;
  private outbound: 'open' | 'ending' | 'ended' = 'open';
  private endWasTold = false;
  /** What happened to both directions at once, and is to be told with the next step. */
  private cut: { readonly error: Error | undefined } | undefined;

  constructor(
    private readonly link: Link,
    private readonly peerIndex: 0 | 1,
  ) {
    super();
  }

  get queuedBytes(): number {
    return this.queued;
  }

  override write(chunk: Buffer, lease?: Lease): boolean {
    if (this.isClosed || this.outbound !== 'open' || chunk.length === 0) {
      lease?.release();
      return true;
    }
    this.queue.push({ chunk, lease });
    this.queued += chunk.length;
    this.link.schedule();
    if (this.queued < this.link.highWaterBytes) return true;
    this.needsDrain = true;
    return false;
  }

  override end(): void {
    if (this.isClosed || this.outbound !== 'open') return;
    this.outbound = 'ending';
    this.link.schedule();
  }

  override destroy(error?: Error): void {
    if (this.isClosed) return;
    this.cutBoth(error);
    // Whose end has arrived may go without a trace; only a peer that goes on writing finds out.
    if (this.outbound !== 'ended') this.peer.reset();
  }

  pump(): void {
    this.link.pump();
  }

  /** Moves one piece to the peer, or tells what has happened meanwhile. */
  step(): boolean {
    if (this.cut !== undefined) {
      const { error } = this.cut;
      this.cut = undefined;
      this.receiveClose(error, true);
      return true;
    }
    if (this.isClosed) return false;
    return this.movePiece() || this.drain() || this.moveEnd();
  }

  protected override stopSource(): void {
    // The peer looks at the room before each piece.
  }

  protected override startSource(): void {
    this.link.schedule();
  }

  protected override endWasRead(): void {
    this.endWasTold = true;
    this.closeWhenBothEnded();
  }

  private get peer(): StreamEnd {
    return this.link.ends[this.peerIndex];
  }

  private get roomBytes(): number {
    return this.holdsBack() ? Math.max(0, this.link.windowBytes - this.heldBytes) : Number.POSITIVE_INFINITY;
  }

  private movePiece(): boolean {
    const [first] = this.queue;
    if (first === undefined) return false;
    if (this.peer.isClosed) {
      this.reset();
      return true;
    }
    const bytes = Math.min(first.chunk.length, this.link.pieceBytes(), this.peer.roomBytes);
    if (bytes === 0) return false;
    // A copy, so that a writer who goes on using its memory, and a lease that is passed on too early, are found out.
    const piece = Buffer.from(first.chunk.subarray(0, bytes));
    this.queued -= bytes;
    if (bytes === first.chunk.length) {
      this.queue.shift();
      first.lease?.release();
    } else {
      first.chunk = first.chunk.subarray(bytes);
    }
    this.peer.receive(piece);
    return true;
  }

  private drain(): boolean {
    if (!this.needsDrain || this.queued > this.link.highWaterBytes / 2) return false;
    this.needsDrain = false;
    this.tellDrain();
    return true;
  }

  private moveEnd(): boolean {
    if (this.outbound !== 'ending' || this.queue.length > 0) return false;
    this.outbound = 'ended';
    this.peer.receiveEnd();
    this.closeWhenBothEnded();
    return true;
  }

  private closeWhenBothEnded(): void {
    if (this.outbound === 'ended' && this.endWasTold && !this.isClosed) this.receiveClose();
  }

  /** The peer was destroyed: as a socket does, this end learns of it by an error. */
  private reset(): void {
    if (this.isClosed) return;
    this.cutBoth(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  private cutBoth(error: Error | undefined): void {
    this.silence();
    for (const { lease } of this.queue.splice(0)) lease?.release();
    this.queued = 0;
    this.cut = { error };
    this.link.schedule();
  }
}

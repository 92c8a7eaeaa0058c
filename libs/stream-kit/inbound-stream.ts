import { type ByteReader, ByteStream, type Lease } from './byte-stream';

/**
 * The reading half of a {@link ByteStream}: hands to the reader what its subclass receives, and holds it back while there is no
 * reader or the stream is paused. In order, whatever the reader does from within its methods.
 *
 * What comes while it is held back is kept without a bound: the subclass stops its source in {@link stopSource}.
 */
export abstract class InboundStream extends ByteStream {
  private reader: ByteReader | undefined;
  /** Bytes that wait for the reader, and their leases at the same place. Most streams never have any. */
  private held: Buffer[] | undefined;
  private leases: (Lease | undefined)[] | undefined;
  private heldCount = 0;
  private isPaused = false;
  private isHandingOut = false;
  private hasEnded = false;
  private endIsTold = false;
  /** `cut`: nothing is handed out any more, and the close is still to come; `now`: it has come. */
  private closing: 'no' | 'when read' | 'cut' | 'now' = 'no';
  private closeIsTold = false;
  private closeError: Error | undefined;

  get isClosed(): boolean {
    return this.closing !== 'no';
  }

  /** Bytes that have come and wait for the reader. */
  protected get heldBytes(): number {
    return this.heldCount;
  }

  /** Whether what comes now has to wait. */
  protected holdsBack(): boolean {
    return this.isPaused || this.reader === undefined;
  }

  override attach(reader: ByteReader): void {
    const didHoldBack = this.holdsBack();
    if (reader !== this.reader) {
      this.reader = reader;
      // Whoever comes later is told as well how things stand.
      this.endIsTold = false;
      this.closeIsTold = false;
    }
    this.handOut();
    if (didHoldBack && !this.holdsBack() && !this.isClosed) this.startSource();
  }

  override unshift(chunk: Buffer): void {
    if (chunk.length === 0 || this.isOver) return;
    (this.held ??= []).unshift(chunk);
    (this.leases ??= []).unshift(undefined);
    this.heldCount += chunk.length;
  }

  override pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    if (!this.isClosed) this.stopSource();
  }

  override resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (!this.isHandingOut) this.handOut();
    if (!this.holdsBack() && !this.isClosed) this.startSource();
  }

  /** Nothing should be received until {@link startSource}; a little more is kept nevertheless. */
  protected abstract stopSource(): void;

  protected abstract startSource(): void;

  /** The reader has learned that the peer sends no more. */
  protected endWasRead(): void {
    // For subclasses that close once both directions have ended.
  }

  /** Bytes have come from the peer. */
  protected receive(chunk: Buffer, lease?: Lease): void {
    if (chunk.length === 0 || this.isOver) {
      lease?.release();
      return;
    }
    const reader = this.reader;
    if (reader !== undefined && !this.isPaused && !this.isHandingOut && this.heldCount === 0) {
      this.isHandingOut = true;
      try {
        reader.onData(chunk, lease);
      } finally {
        // A reader that throws costs its stream, which has to be able to say so.
        this.isHandingOut = false;
      }
      if (this.hasNews()) this.handOut();
      return;
    }
    (this.held ??= []).push(chunk);
    (this.leases ??= []).push(lease);
    this.heldCount += chunk.length;
    if (!this.isHandingOut) this.handOut();
  }

  /** The peer sends no more. */
  protected receiveEnd(): void {
    this.hasEnded = true;
    if (!this.isHandingOut) this.handOut();
  }

  /**
   * Both directions are over. Without an error the reader gets what has come first; with one, or when `dropHeld` is set, it does not.
   */
  protected receiveClose(error?: Error, dropHeld = error !== undefined): void {
    if (this.closing === 'now') return;
    this.closeError ??= error;
    this.closing = dropHeld ? 'now' : 'when read';
    if (dropHeld) this.dropHeld();
    if (!this.isHandingOut) this.handOut();
  }

  /** From now on nothing is handed out any more; {@link receiveClose} is still to follow. */
  protected silence(): void {
    this.dropHeld();
    if (this.closing !== 'now') this.closing = 'cut';
  }

  private get isOver(): boolean {
    return this.closing === 'cut' || this.closing === 'now';
  }

  /** More may be written. */
  protected tellDrain(): void {
    if (!this.isClosed) this.reader?.onDrain();
  }

  private dropHeld(): void {
    const { leases } = this;
    this.held = this.leases = undefined;
    this.heldCount = 0;
    if (leases !== undefined) for (const lease of leases) lease?.release();
  }

  /** Whether something has come from within the reader's `onData`. */
  private hasNews(): boolean {
    return this.heldCount > 0 || this.hasEnded || this.closing !== 'no';
  }

  /** All that can be told now. A reader may attach another, pause, unshift or destroy from within: so nothing is kept in variables. */
  private handOut(): void {
    const wasHandingOut = this.isHandingOut;
    this.isHandingOut = true;
    try {
      while (this.heldCount > 0 && this.reader !== undefined && !this.isPaused) {
        const chunk = this.held?.shift();
        const lease = this.leases?.shift();
        if (chunk === undefined) break;
        this.heldCount -= chunk.length;
        this.reader.onData(chunk, lease);
      }
    } finally {
      this.isHandingOut = wasHandingOut;
    }
    if (this.heldCount === 0) this.held = this.leases = undefined;
    this.tellEnd();
    this.tellClose();
  }

  private tellEnd(): void {
    if (!this.hasEnded || this.endIsTold || this.isOver) return;
    if (this.reader === undefined || this.isPaused || this.heldCount > 0) return;
    this.endIsTold = true;
    this.reader.onEnd();
    this.endWasRead();
  }

  private tellClose(): void {
    if (this.closing === 'no' || this.closing === 'cut' || this.closeIsTold || this.reader === undefined) return;
    if (this.closing === 'when read' && (this.heldCount > 0 || (this.hasEnded && !this.endIsTold))) return;
    this.closing = 'now';
    this.closeIsTold = true;
    this.reader.onClose(this.closeError);
  }
}

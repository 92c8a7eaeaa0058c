import { type ByteReader, ByteStream, type Lease } from '@tollgate/stream-kit';
import { ChunkQueue } from './chunk-queue';
import { Flag, FrameType, MAX_UINT32, PROTOCOL_WINDOW_BYTES } from './constants';
import type { FrameWriter } from './frame-writer';
import { ReceiveWindow } from './receive-window';
import type { Sender } from './send-scheduler';
import type { StreamHost } from './stream-host';
import { YamuxError } from './yamux-error';

/** Memory kept for a byte that waits, at most: what waits here is the peer's choice, and may be many streams' worth. */
const INCOMING_MEMORY_FACTOR = 4;
/** The same for what our side has written, which it takes back from when `write` answers `false`. */
const OUTGOING_MEMORY_FACTOR = 16;

/**
 * A stream of a session.
 *
 * Sending: `open` –end()→ `ending`, while data waits –FIN sent→ `ended`. Receiving: `open` –FIN came→ `ended` –all is read→ `told`.
 * Life: `open` –both FINs→ `over`, when the session forgets it –all is read→ `closed`; a reset leads there from anywhere.
 *
 * Data after the peer's FIN is ignored: frpc can send it, as one goroutine writes while another closes.
 */
export class YamuxStream extends ByteStream implements Sender {
  /** @internal */
  isScheduled = false;
  /** @internal */
  nextScheduled: Sender | undefined = undefined;
  /** Whether the peer has accepted the stream; of one that it opened itself, always. */
  isAcknowledged: boolean;
  /** Whether the stream has had a reader. @internal */
  isAccepted = false;
  /** When we opened it; 0 of one that the peer opened. @internal */
  openedAtMs = 0;

  private reader: ByteReader | undefined = undefined;
  private readonly window: ReceiveWindow;
  private readonly incoming = new ChunkQueue(INCOMING_MEMORY_FACTOR);
  private readonly outgoing = new ChunkQueue(OUTGOING_MEMORY_FACTOR);
  private sendWindow = PROTOCOL_WINDOW_BYTES;
  private sending: 'open' | 'ending' | 'ended' = 'open';
  private receiving: 'open' | 'ended' | 'told' = 'open';
  private life: 'open' | 'over' | 'closed' = 'open';
  private isPaused = false;
  private isHandingOut = false;
  private needsDrain = false;
  private closeIsTold = false;
  private closeError: Error | undefined = undefined;
  /** When `end()` was seen to have been called; 0 before. */
  private endedAtMs = 0;

  /**
   * Made by the session.
   * @param id its number on the wire
   * @internal
   */
  constructor(
    private readonly host: StreamHost,
    readonly id: number,
    isAcknowledged: boolean,
  ) {
    super();
    this.isAcknowledged = isAcknowledged;
    this.window = new ReceiveWindow(host.growth);
  }

  get queuedBytes(): number {
    return this.outgoing.bytes;
  }

  get isClosed(): boolean {
    return this.life !== 'open';
  }

  /** Bytes that have come and were not read. */
  get unreadBytes(): number {
    return this.incoming.bytes;
  }

  /** Bytes that the peer may send on this stream from now on. */
  get receiveWindowBytes(): number {
    return this.window.remainingBytes;
  }

  /** Whether a FIN may come. @internal */
  get canReceiveEnd(): boolean {
    return this.receiving === 'open';
  }

  override attach(reader: ByteReader): void {
    if (reader !== this.reader) {
      this.reader = reader;
      // Whoever comes later is told as well how things stand.
      if (this.receiving === 'told') this.receiving = 'ended';
      this.closeIsTold = false;
    }
    if (!this.isAccepted) {
      this.isAccepted = true;
      this.host.accepted(this.id);
    }
    this.handOut();
  }

  override unshift(chunk: Buffer): void {
    if (chunk.length === 0 || this.life === 'closed') return;
    this.incoming.unshift(chunk);
    this.window.putBack(chunk.length);
  }

  override write(chunk: Buffer, lease?: Lease): boolean {
    const { length } = chunk;
    const { limits, writer, scheduler } = this.host;
    if (this.sending !== 'open' || this.life !== 'open' || length === 0) {
      lease?.release();
      return true;
    }
    if (this.outgoing.bytes === 0 && length <= this.sendWindow && length <= limits.maxFrameBytes && scheduler.isFree) {
      this.sendWindow -= length;
      writer.cork();
      writer.data(this.id, length);
      writer.payload(chunk, lease);
      writer.uncork();
      return true;
    }
    this.outgoing.push(chunk, lease);
    if (this.sendWindow > 0) scheduler.schedule(this);
    if (this.outgoing.bytes <= limits.maxStreamQueueBytes) return true;
    this.needsDrain = true;
    return false;
  }

  override end(): void {
    if (this.sending !== 'open' || this.life !== 'open') return;
    this.sending = 'ending';
    if (this.outgoing.bytes === 0) this.sendFin();
  }

  override destroy(error?: Error): void {
    if (this.life === 'closed') return;
    if (this.life === 'open') {
      this.host.forget(this.id);
      this.host.writer.control(FrameType.windowUpdate, Flag.rst, this.id, 0);
    }
    this.cut(error);
  }

  override pause(): void {
    this.isPaused = true;
  }

  override resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (!this.isHandingOut) this.handOut();
  }

  /** @internal */
  sendFrame(writer: FrameWriter): boolean {
    const length = Math.min(this.outgoing.bytes, this.sendWindow, this.host.limits.maxFrameBytes);
    if (length > 0) {
      this.sendWindow -= length;
      writer.data(this.id, length);
      for (let left = length; left > 0;) {
        const next = this.outgoing.take(left);
        // The session can end from within, by what waits in the transport.
        if (next === undefined) return false;
        left -= next.chunk.length;
        writer.payload(next.chunk, next.lease);
      }
      if (this.needsDrain && this.outgoing.bytes <= this.host.limits.maxStreamQueueBytes / 2) {
        this.needsDrain = false;
        this.reader?.onDrain();
      }
    }
    if (this.outgoing.bytes > 0) return this.sendWindow > 0;
    if (this.sending === 'ending') this.sendFin();
    return false;
  }

  /**
   * The peer allows `bytes` more.
   * @throws YamuxError `window_overflow`
   * @internal
   */
  grant(bytes: number): void {
    if (bytes === 0) return;
    this.sendWindow += bytes;
    if (this.sendWindow > MAX_UINT32) throw new YamuxError('window_overflow', `stream ${String(this.id)}`);
    if (this.outgoing.bytes > 0) this.host.scheduler.schedule(this);
  }

  /** A part of a data frame, which the window has been checked for. @internal */
  receive(part: Buffer, lease: Lease | undefined): void {
    if (this.life !== 'open' || this.receiving !== 'open') {
      lease?.release();
      return;
    }
    const { reader } = this;
    if (reader === undefined || this.isPaused || this.isHandingOut || this.incoming.bytes > 0) {
      this.window.received(part.length);
      this.incoming.push(part, lease);
      if (!this.isHandingOut) this.handOut();
      return;
    }
    this.window.passed(part.length);
    this.isHandingOut = true;
    try {
      reader.onData(part, lease);
    } finally {
      this.isHandingOut = false;
    }
    // The reader may have put something back.
    if (this.incoming.bytes > 0) this.handOut();
    else this.updateWindow();
  }

  /** FIN has come. @internal */
  receiveEnd(): void {
    if (this.life !== 'open') return;
    this.receiving = 'ended';
    if (this.sending === 'ended') this.finish();
    if (!this.isHandingOut) this.handOut();
  }

  /** The stream is over without another frame, for the reason given. The session has forgotten it. @internal */
  cut(error: Error | undefined): void {
    if (this.life === 'closed') return;
    this.life = 'closed';
    this.sending = 'ended';
    this.closeError = error;
    this.incoming.clear();
    this.outgoing.clear();
    this.window.close();
    this.tellClose();
  }

  /** @param nowMs monotone, in milliseconds @internal */
  tick(nowMs: number): void {
    const { limits } = this.host;
    this.window.relax(nowMs, limits.windowIdleMs);
    if (this.sending === 'open' || this.life !== 'open') return;
    if (this.endedAtMs === 0) this.endedAtMs = nowMs;
    else if (nowMs - this.endedAtMs >= limits.closeTimeoutMs) {
      this.destroy(new YamuxError('close_timeout', 'the peer did not end the stream'));
    }
  }

  private sendFin(): void {
    this.sending = 'ended';
    this.host.writer.control(FrameType.windowUpdate, Flag.fin, this.id, 0);
    // Writing can end the session, and so this stream.
    if (this.receiving === 'open' || this.isClosed) return;
    this.finish();
    if (!this.isHandingOut) this.handOut();
  }

  /** Both FINs have gone. */
  private finish(): void {
    this.life = 'over';
    this.host.forget(this.id);
  }

  /** Hands out all that can be. The reader may pause, put back, attach another or destroy from within. */
  private handOut(): void {
    const wasHandingOut = this.isHandingOut;
    this.isHandingOut = true;
    try {
      while (this.reader !== undefined && !this.isPaused) {
        const next = this.incoming.take(Number.POSITIVE_INFINITY);
        if (next === undefined) break;
        this.window.consumed(next.chunk.length);
        this.reader.onData(next.chunk, next.lease);
      }
    } finally {
      this.isHandingOut = wasHandingOut;
    }
    this.updateWindow();
    this.tellEnd();
    if (this.life === 'over' && this.receiving === 'told') this.cut(undefined);
    else this.tellClose();
  }

  private updateWindow(): void {
    if (this.life !== 'open' || this.receiving !== 'open') return;
    const delta = this.window.update();
    if (delta > 0) this.host.writer.control(FrameType.windowUpdate, Flag.none, this.id, delta);
  }

  private tellEnd(): void {
    if (this.receiving !== 'ended' || this.life === 'closed' || this.incoming.bytes > 0) return;
    if (this.reader === undefined || this.isPaused) return;
    this.receiving = 'told';
    this.reader.onEnd();
  }

  private tellClose(): void {
    if (this.life !== 'closed' || this.closeIsTold || this.reader === undefined) return;
    this.closeIsTold = true;
    this.reader.onClose(this.closeError);
  }
}

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Lease } from './byte-stream';
import { FastReads } from './fast-read';
import { InboundStream } from './inbound-stream';
import { STREAM_LIMITS } from './limits';
import type { Flushable, TurnFlusher } from './turn-flusher';

export interface SocketStreamOptions {
  /** The one that all sockets of the process share. */
  readonly flusher: TurnFlusher;
  /** From how many bytes on that wait `write` answers `false`. */
  readonly maxQueuedBytes?: number;
  /** `false`: by Node's public interface only. */
  readonly fastReads?: boolean;
}

/** The stream of a socket, by a property of it: so that no socket needs functions of its own. */
const STREAM = Symbol('tollgate stream');

function streamOf(socket: Duplex): SocketStream {
  return Reflect.get(socket, STREAM) as SocketStream;
}

/**
 * A {@link ByteStream} over a connected `net.Socket` or `tls.TLSSocket`, or over another Node stream such as a WebSocket's, which is its
 * own from then on. Either direction may end alone.
 *
 * One batch of writes is in the socket at a time; what is written meanwhile is gathered, and leaves in one `writev` at the end of
 * the turn in which the batch has gone.
 */
export class SocketStream extends InboundStream implements Flushable {
  private readonly flusher: TurnFlusher;
  private readonly maxQueuedBytes: number;
  private readonly reads: FastReads | undefined;
  private pending: Buffer[] | undefined;
  private pendingBytes = 0;
  private pendingLeases: Lease[] | undefined;
  private sentLeases: Lease[] | undefined;
  private isScheduled = false;
  private isSending = false;
  private needsDrain = false;
  private outbound: 'open' | 'ending' | 'ended' = 'open';
  private error: Error | undefined;
  private readonly batchHasGone = (): void => {
    this.isSending = false;
    this.releaseSent();
    if (this.pending !== undefined || this.outbound === 'ending') this.schedule();
    if (this.needsDrain && this.queuedBytes <= this.maxQueuedBytes / 2) {
      this.needsDrain = false;
      try {
        this.tellDrain();
      } catch (error) {
        this.fail(error);
      }
    }
  };

  constructor(
    private readonly socket: Duplex,
    { flusher, maxQueuedBytes = STREAM_LIMITS.maxQueuedBytes, fastReads = true }: SocketStreamOptions,
  ) {
    super();
    this.flusher = flusher;
    this.maxQueuedBytes = maxQueuedBytes;
    Reflect.set(socket, STREAM, this);
    // Else Node ends and forbids writing as soon as the peer has ended, with our batch still to come.
    socket.allowHalfOpen = true;
    if (socket instanceof Socket) socket.setNoDelay(true);
    socket.pause();
    if (fastReads) {
      for (let chunk = readWaiting(socket); chunk !== null; chunk = readWaiting(socket)) this.receive(chunk);
      this.reads = socket instanceof Socket ? FastReads.install(socket, this) : undefined;
      socket.pause();
    }
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('error', onError);
    socket.on('close', onClose);
    if (socket.closed) queueMicrotask(onClose.bind(socket));
    else if (socket.readableEnded) this.receiveEnd();
  }

  get queuedBytes(): number {
    return this.pendingBytes + this.socket.writableLength;
  }

  override write(chunk: Buffer, lease?: Lease): boolean {
    if (chunk.length === 0 || this.outbound !== 'open' || this.isClosed) {
      lease?.release();
      return true;
    }
    if (this.pending === undefined) this.pending = [chunk];
    else this.pending.push(chunk);
    this.pendingBytes += chunk.length;
    if (lease !== undefined) (this.pendingLeases ??= []).push(lease);
    this.schedule();
    if (this.queuedBytes < this.maxQueuedBytes) return true;
    this.needsDrain = true;
    return false;
  }

  override end(): void {
    if (this.outbound !== 'open' || this.isClosed) return;
    this.outbound = 'ending';
    this.schedule();
  }

  override destroy(error?: Error): void {
    if (this.isClosed) return;
    this.error = error;
    this.silence();
    this.dropPending();
    this.socket.destroy();
  }

  /** For the {@link TurnFlusher}. */
  flush(): void {
    this.isScheduled = false;
    if (this.isClosed) {
      this.dropPending();
      return;
    }
    this.sendPending();
    if (this.outbound === 'ending') {
      this.outbound = 'ended';
      this.socket.end();
    }
  }

  /** Called from anywhere, such as from a timer: what the reader makes of what has waited is this connection's own affair. */
  override resume(): void {
    try {
      super.resume();
    } catch (error) {
      this.fail(error);
    }
  }

  /** For {@link FastReads}. */
  onFastRead(chunk: Buffer, lease?: Lease): void {
    try {
      this.receive(chunk, lease);
    } catch (error) {
      this.fail(error);
    }
  }

  /** For the socket's events. */
  socketReceived(chunk: Buffer): void {
    this.onFastRead(chunk);
  }

  /** For the socket's events. */
  socketEnded(): void {
    try {
      this.receiveEnd();
    } catch (error) {
      this.fail(error);
    }
  }

  /** For the socket's events. */
  socketFailed(error: Error): void {
    this.error ??= error;
  }

  /** For the socket's events. */
  socketClosed(): void {
    this.reads?.close();
    this.dropPending();
    this.releaseSent();
    try {
      this.receiveClose(this.error, this.isClosed || this.error !== undefined);
    } catch (error) {
      this.fail(error);
    }
  }

  protected override stopSource(): void {
    this.socket.pause();
  }

  protected override startSource(): void {
    this.socket.resume();
  }

  /** The reader has thrown something, though it must not: that costs this connection, and not the process. */
  private fail(error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    if (this.isClosed) this.tellCloseAfter(reason);
    else this.destroy(reason);
    this.flusher.report(error);
  }

  /** Of a socket that is closed already nothing comes any more that could tell the reader. */
  private tellCloseAfter(fault: Error): void {
    try {
      this.receiveClose(fault, true);
    } catch (error) {
      this.flusher.report(error);
    }
  }

  private schedule(): void {
    // What waits behind a batch is scheduled when that has gone.
    if (this.isScheduled || this.isSending) return;
    this.isScheduled = true;
    this.flusher.schedule(this);
  }

  private sendPending(): void {
    const { socket, pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    this.pendingBytes = 0;
    this.sentLeases = this.pendingLeases;
    this.pendingLeases = undefined;
    this.isSending = true;
    const last = pending.length - 1;
    if (last > 0) socket.cork();
    for (let index = 0; index <= last; index++) {
      const chunk = pending[index];
      if (chunk === undefined) continue;
      if (index === last) socket.write(chunk, this.batchHasGone);
      else socket.write(chunk);
    }
    if (last > 0) socket.uncork();
  }

  private dropPending(): void {
    const { pendingLeases } = this;
    this.pending = this.pendingLeases = undefined;
    this.pendingBytes = 0;
    if (pendingLeases !== undefined) for (const lease of pendingLeases) lease.release();
  }

  private releaseSent(): void {
    const { sentLeases } = this;
    this.sentLeases = undefined;
    if (sentLeases !== undefined) for (const lease of sentLeases) lease.release();
  }
}

function readWaiting(socket: Duplex): Buffer | null {
  return socket.readableLength > 0 ? (socket.read() as Buffer | null) : null;
}

function onData(this: Duplex, chunk: Buffer): void {
  streamOf(this).socketReceived(chunk);
}

function onEnd(this: Duplex): void {
  streamOf(this).socketEnded();
}

function onError(this: Duplex, error: Error): void {
  streamOf(this).socketFailed(error);
}

function onClose(this: Duplex): void {
  streamOf(this).socketClosed();
}

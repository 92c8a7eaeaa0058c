import type { Lease } from '@tollgate/stream-kit';
import { Flag, FrameType, GoAwayCode } from './constants';
import type { FrameReceiver } from './frame-decoder';
import type { FrameWriter } from './frame-writer';
import type { StreamRegistry } from './stream-registry';
import { YamuxError } from './yamux-error';
import type { YamuxStream } from './yamux-stream';

/** What frames mean for the session as a whole. */
export interface DispatcherEvents {
  /** The peer has opened a stream, and was answered. */
  onStream(stream: YamuxStream): void;
  onPong(id: number): void;
  /** The peer takes no more streams. */
  onGoAway(): void;
}

/** Does what each frame says. What breaks a rule is thrown, and ends the session. */
export class FrameDispatcher implements FrameReceiver {
  /** Whose payload comes next; `undefined` when it is for a stream that is not there any more. */
  private current: YamuxStream | undefined;
  /** Whether the frame whose payload comes next is the last one of its stream. */
  private isLast = false;

  constructor(
    private readonly streams: StreamRegistry,
    private readonly writer: FrameWriter,
    private readonly events: DispatcherEvents,
  ) {}

  onFrame(type: FrameType, flags: number, streamId: number, length: number): void {
    switch (type) {
      case FrameType.data:
        this.onDataFrame(flags, streamId, length);
        break;
      case FrameType.windowUpdate:
        this.onWindowUpdate(flags, streamId, length);
        break;
      case FrameType.ping:
        if ((flags & Flag.syn) !== 0) this.writer.control(FrameType.ping, Flag.ack, 0, length);
        else this.events.onPong(length);
        break;
      case FrameType.goAway:
        if (length !== GoAwayCode.normal) throw new YamuxError('remote_go_away', `go away, code ${String(length)}`);
        this.events.onGoAway();
    }
  }

  onPayload(part: Buffer, lease: Lease | undefined): void {
    if (this.current === undefined) lease?.release();
    else this.current.receive(part, lease);
  }

  onDataEnd(): void {
    if (this.isLast) this.current?.receiveEnd();
    this.current = undefined;
    this.isLast = false;
  }

  private onDataFrame(flags: number, id: number, length: number): void {
    const stream = this.findStream(flags, id);
    // A peer that does not know yet that the stream is gone keeps to the window that it had.
    const window = stream?.receiveWindowBytes ?? this.streams.limits.maxWindowBytes;
    if (length > window) {
      throw new YamuxError(
        'window_exceeded',
        `${String(length)} bytes on stream ${String(id)}, ${String(window)} allowed`,
      );
    }
    this.current = stream;
    this.isLast = stream !== undefined && (flags & Flag.fin) !== 0;
  }

  private onWindowUpdate(flags: number, id: number, delta: number): void {
    const stream = this.findStream(flags, id);
    if (stream === undefined) return;
    stream.grant(delta);
    if ((flags & Flag.fin) !== 0) stream.receiveEnd();
  }

  /** The stream that a frame is for, after what its flags say about the stream's beginning and its reset. */
  private findStream(flags: number, id: number): YamuxStream | undefined {
    if (flags === Flag.none) return this.streams.find(id);
    if ((flags & Flag.syn) !== 0) {
      const opened = this.streams.admit(id);
      if (opened !== undefined) this.events.onStream(opened);
    }
    // Looked up again: its new owner may have destroyed it.
    const stream = this.streams.find(id);
    if (stream === undefined) return undefined;
    if ((flags & Flag.ack) !== 0) this.streams.acknowledge(stream);
    if ((flags & Flag.rst) !== 0) {
      this.streams.forget(id);
      stream.cut(new YamuxError('stream_reset', 'the peer reset the stream'));
      return undefined;
    }
    if ((flags & Flag.fin) !== 0 && !stream.canReceiveEnd) {
      throw new YamuxError('unexpected_fin', `second FIN of stream ${String(id)}`);
    }
    return stream;
  }
}

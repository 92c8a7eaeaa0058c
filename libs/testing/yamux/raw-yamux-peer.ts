import {
  type YamuxRole,
  type YamuxSession,
  YamuxSession as Session,
  type YamuxSessionOptions,
  type YamuxStream,
} from '@tollgate/yamux';
import { type RecordingReader, record } from '../recording-reader';
import { type PairedStream, type StreamPairOptions, streamPair } from '../stream-pair';
import { type YamuxFrame, decodeFrames, describeFrame, encodeFrame } from './yamux-frames';

/** What a test may set of a session's options. */
export type TestedOptions = Partial<Omit<YamuxSessionOptions, 'role' | 'onStream' | 'onClose'>> & {
  readonly onStream?: (stream: YamuxStream) => void;
};

/**
 * A session, and in place of its peer a test that says each frame itself. Bytes move when {@link RawYamuxPeer.send} or
 * {@link RawYamuxPeer.answers} is called, and the clock stands at `nowMs`.
 */
export class RawYamuxPeer {
  nowMs = 0;
  readonly session: YamuxSession;
  /** Streams that the session has handed out. */
  readonly streams: YamuxStream[] = [];
  /** What the peer has received. */
  readonly received: RecordingReader;
  /** What `onClose` was told, once for each time. */
  readonly closes: (Error | undefined)[] = [];
  private readonly wire: PairedStream;
  private seen = 0;

  constructor(role: YamuxRole, options: TestedOptions = {}, pair: StreamPairOptions = {}) {
    const [transport, wire] = streamPair({ ...pair, delivery: 'manual' });
    this.wire = wire;
    const { onStream, ...rest } = options;
    this.session = new Session(transport, {
      nowMs: () => this.nowMs,
      ...rest,
      role,
      onStream: (stream) => {
        this.streams.push(stream);
        onStream?.(stream);
      },
      onClose: (error) => this.closes.push(error),
    });
    this.received = record(wire);
  }

  /** Sends frames, or bytes as they are. */
  send(...frames: (YamuxFrame | Buffer)[]): void {
    for (const frame of frames) this.wire.write(Buffer.isBuffer(frame) ? frame : encodeFrame(frame));
    this.wire.pump();
  }

  /** The frames that have come since it was called last, each in a line. */
  answers(): string[] {
    return this.answerFrames().map(describeFrame);
  }

  answerFrames(): YamuxFrame[] {
    this.wire.pump();
    const frames = decodeFrames(this.received.bytes.subarray(this.seen));
    this.seen = this.received.byteCount;
    return frames;
  }

  /** Reads nothing until {@link resume}. */
  pause(): void {
    this.wire.pause();
  }

  resume(): void {
    this.wire.resume();
    this.wire.pump();
  }

  /** Closes the connection from the peer's side, in order. */
  end(): void {
    this.wire.end();
    this.wire.pump();
  }

  /** Cuts the connection. */
  cut(): void {
    this.wire.destroy();
    this.wire.pump();
  }

  /** Calls the session's `tick` as the clock reaches `nowMs`. */
  tick(nowMs: number): void {
    this.nowMs = nowMs;
    this.session.tick(nowMs);
    this.wire.pump();
  }

  /** The code of what has ended the session. */
  get closeCode(): unknown {
    const error = this.closes[0];
    return error !== undefined && 'code' in error ? error.code : error;
  }
}

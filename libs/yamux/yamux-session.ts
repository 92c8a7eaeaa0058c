import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';
import { Flag, FrameType, GoAwayCode } from './constants';
import { FrameDecoder } from './frame-decoder';
import { type DispatcherEvents, FrameDispatcher } from './frame-dispatcher';
import { FrameWriter } from './frame-writer';
import { KeepAlive } from './keep-alive';
import { DEFAULT_KEEP_ALIVE_INTERVAL_MS, type YamuxLimits, limitsWith } from './limits';
import { SendScheduler } from './send-scheduler';
import { StreamRegistry, type YamuxRole } from './stream-registry';
import { WindowBudget } from './window-budget';
import { WindowGrowth } from './window-growth';
import { YamuxError } from './yamux-error';
import type { YamuxStream } from './yamux-stream';

export interface YamuxSessionOptions {
  readonly role: YamuxRole;
  /**
   * The peer has opened a stream, which is acknowledged already. Until a reader is attached it counts as not accepted; to refuse it,
   * destroy it. Called from within the session's work: it must not throw.
   */
  readonly onStream: (stream: YamuxStream) => void;
  /**
   * The session is over, and so is the transport; called once, after the streams were told.
   * @param error why, unless one side has closed it in order
   */
  readonly onClose: (error?: Error) => void;
  readonly limits?: Partial<YamuxLimits>;
  /** How long the peer may be quiet before it is asked whether it is there, in milliseconds: 30 s unless told, 0 for ever. */
  readonly keepAliveIntervalMs?: number;
  /** A monotone clock, in milliseconds and fractions of them; the same as is given to {@link YamuxSession.tick}. */
  readonly nowMs: () => number;
  /** By how much windows may grow, together with the other sessions that are given the same. One of its own unless told. */
  readonly windowBudget?: WindowBudget;
}

/**
 * A yamux session as frp has it: many streams over one {@link ByteStream}, opened by the client only.
 *
 * It holds back data, but no control frame, from the moment on when the transport's `write` answers `false`: so that bound, about
 * 256 KiB, is also how much a pong, a window update or another stream's data waits behind. The transport itself is paused only until
 * the next turn, when a great many frames have come at once: a slow stream is held back by its window alone.
 *
 * State: `open`; `closing`, when all streams are over and the transport has to end; `closed`.
 */
export class YamuxSession {
  private readonly limits: YamuxLimits;
  private readonly writer: FrameWriter;
  private readonly scheduler: SendScheduler;
  private readonly streams: StreamRegistry;
  private readonly keepAlive: KeepAlive;
  private readonly growth: WindowGrowth;
  private readonly decoder: FrameDecoder;
  private state: 'open' | 'closing' | 'closed' = 'open';
  private remoteGoesAway = false;
  private closeError: Error | undefined;
  private closingSinceMs = Number.NaN;

  /**
   * Attaches itself to the transport, which belongs to it from now on. What has come there already is worked on before this returns.
   * @throws RangeError for limits that don't fit together
   */
  constructor(
    private readonly transport: ByteStream,
    private readonly options: YamuxSessionOptions,
  ) {
    this.limits = limitsWith(options.limits ?? {});
    const budget = options.windowBudget ?? new WindowBudget(this.limits.windowBudgetBytes);
    const keepAliveMs = options.keepAliveIntervalMs ?? DEFAULT_KEEP_ALIVE_INTERVAL_MS;
    this.writer = new FrameWriter(transport, this.limits, () => {
      this.destroy(new YamuxError('peer_not_reading', 'the peer has answers made and does not read them'));
    });
    this.scheduler = new SendScheduler(this.writer);
    this.keepAlive = new KeepAlive(keepAliveMs, this.limits, (id) => {
      this.writer.control(FrameType.ping, Flag.syn, 0, id);
    });
    this.growth = new WindowGrowth(this.limits, budget, options.nowMs, () => {
      this.keepAlive.probe(options.nowMs());
    });
    this.streams = new StreamRegistry(options.role, this.limits, this.writer, this.scheduler, this.growth);
    this.decoder = new FrameDecoder(new FrameDispatcher(this.streams, this.writer, this.dispatcherEvents()));
    transport.attach(this.transportReader());
  }

  /** Streams that are open now. */
  get openStreams(): number {
    return this.streams.size;
  }

  /** Whether the session has ended, though its transport may not have yet. */
  get isClosed(): boolean {
    return this.state !== 'open';
  }

  /**
   * Opens a stream, which may be written to at once.
   * @returns `undefined` when that is not to be had now: the session is over, the peer takes no more, or 256 wait to be acknowledged
   * @throws Error on a server's session
   */
  openStream(): YamuxStream | undefined {
    if (this.options.role === 'server') throw new Error('a server opens no streams: frpc accepts none');
    if (this.state !== 'open' || this.remoteGoesAway) return undefined;
    return this.streams.open();
  }

  /** Tells the peer to open no more streams; those that it opens nevertheless are reset. Any code but `normal` ends the session. */
  goAway(code: GoAwayCode): void {
    if (this.state !== 'open') return;
    this.streams.isClosing = true;
    this.writer.control(FrameType.goAway, Flag.none, 0, code);
    if (code !== GoAwayCode.normal) this.close();
  }

  /** Ends all streams, whatever waits in them, and then the transport. */
  close(): void {
    this.shutDown(undefined);
  }

  /** Ends everything at once; what waits is dropped. */
  destroy(error?: Error): void {
    if (this.state === 'closed') return;
    this.closeError ??= error;
    this.leaveOpen();
    this.transport.destroy(error);
  }

  /**
   * Does what is due. To be called about once a second, until `onClose`.
   * @param nowMs monotone, in milliseconds
   */
  tick(nowMs: number): void {
    if (this.state === 'closed') return;
    if (this.state === 'closing') {
      if (Number.isNaN(this.closingSinceMs)) this.closingSinceMs = nowMs;
      else if (nowMs - this.closingSinceMs >= this.limits.closeGraceMs) this.transport.destroy();
      return;
    }
    if (!this.keepAlive.tick(nowMs)) {
      this.destroy(new YamuxError('keepalive_timeout', 'the peer does not answer'));
      return;
    }
    this.writer.cork();
    for (const stream of this.streams.list()) {
      stream.tick(nowMs);
      if (!stream.isAcknowledged && nowMs - stream.openedAtMs >= this.limits.openTimeoutMs) {
        this.fail(new YamuxError('open_timeout', `the peer does not accept stream ${String(stream.id)}`));
        break;
      }
    }
    this.writer.uncork();
  }

  /** The peer has broken a rule: it is told so as far as it listens. */
  private fail(error: YamuxError): void {
    if (this.state !== 'open') return;
    this.writer.control(FrameType.goAway, Flag.none, 0, GoAwayCode.protocolError);
    this.shutDown(error);
  }

  private shutDown(error: Error | undefined): void {
    if (this.state !== 'open') return;
    this.closeError ??= error;
    this.leaveOpen();
    this.transport.end();
  }

  /** Ends everything but the transport. */
  private leaveOpen(): void {
    if (this.state !== 'open') return;
    this.state = 'closing';
    this.decoder.stop();
    this.writer.shut();
    this.streams.cutAll(new YamuxError('session_closed', 'the session is over', { cause: this.closeError }));
  }

  private dispatcherEvents(): DispatcherEvents {
    return {
      onStream: (stream) => {
        this.options.onStream(stream);
      },
      onPong: (id) => {
        const roundTripMs = this.keepAlive.answered(id, this.options.nowMs());
        if (roundTripMs !== undefined) this.growth.measured(roundTripMs);
      },
      onGoAway: () => {
        this.remoteGoesAway = true;
      },
    };
  }

  private transportReader(): ByteReader {
    return {
      onData: (chunk, lease) => {
        this.takeChunk(chunk, lease);
      },
      onEnd: () => {
        this.shutDown(undefined);
      },
      onDrain: () => {
        this.writer.drained();
        this.scheduler.run();
      },
      onClose: (error) => {
        this.closeError ??= error;
        this.leaveOpen();
        this.state = 'closed';
        this.options.onClose(this.closeError);
      },
    };
  }

  private takeChunk(chunk: Buffer, lease: Lease | undefined): void {
    if (this.state !== 'open') {
      lease?.release();
      return;
    }
    this.keepAlive.noteHeard();
    // What the frames of one chunk have answered goes out as one write.
    this.writer.cork();
    try {
      this.decoder.push(chunk, lease);
    } catch (error) {
      if (!(error instanceof YamuxError)) throw error;
      this.fail(error);
    } finally {
      this.writer.uncork();
    }
    if (this.decoder.frames >= this.limits.maxFramesPerTurn) this.rest();
  }

  /** Reads on when others have had their turn. */
  private rest(): void {
    this.decoder.frames = 0;
    this.transport.pause();
    setImmediate(() => {
      this.transport.resume();
    });
  }
}

import { Flag, FrameType, MAX_UINT32, PROTOCOL_WINDOW_BYTES } from './constants';
import type { FrameWriter } from './frame-writer';
import type { YamuxLimits } from './limits';
import { RemoteStreamIds } from './remote-stream-ids';
import type { SendScheduler } from './send-scheduler';
import type { StreamHost } from './stream-host';
import type { WindowGrowth } from './window-growth';
import { YamuxError } from './yamux-error';
import { YamuxStream } from './yamux-stream';

/** Which end of the connection a session is. Only the client opens streams: frpc would not accept one. */
export type YamuxRole = 'client' | 'server';

/** The streams of a session, by id, and who may open another. */
export class StreamRegistry implements StreamHost {
  /** Set when we have announced that we take no more streams: each further SYN is answered by RST. */
  isClosing = false;
  private readonly streams = new Map<number, YamuxStream>();
  private readonly remoteIds = new RemoteStreamIds();
  private unaccepted = 0;
  private unacknowledged = 0;
  private nextId = 1;

  constructor(
    private readonly role: YamuxRole,
    readonly limits: YamuxLimits,
    readonly writer: FrameWriter,
    readonly scheduler: SendScheduler,
    readonly growth: WindowGrowth,
  ) {}

  get size(): number {
    return this.streams.size;
  }

  find(id: number): YamuxStream | undefined {
    return this.streams.get(id);
  }

  /** All of them, as they are now. */
  list(): YamuxStream[] {
    return [...this.streams.values()];
  }

  /** @returns `undefined` when the peer has not acknowledged as many as it may be asked for, or the ids are used up */
  open(): YamuxStream | undefined {
    if (this.unacknowledged >= this.limits.maxUnacknowledgedStreams || this.nextId > MAX_UINT32) return undefined;
    const stream = new YamuxStream(this, this.nextId, false);
    stream.openedAtMs = this.growth.nowMs();
    this.nextId += 2;
    this.unacknowledged++;
    this.streams.set(stream.id, stream);
    this.advertise(stream, Flag.syn);
    return stream;
  }

  /**
   * Takes a stream that the peer opens, and answers at once: a client whose SYN waits too long gives up the whole connection.
   * @returns `undefined` when there are too many, which the peer is told by RST
   * @throws YamuxError when the peer may not open it
   */
  admit(id: number): YamuxStream | undefined {
    if (this.role === 'client') throw new YamuxError('unexpected_stream', `SYN of stream ${String(id)} from a server`);
    if (this.streams.has(id)) throw new YamuxError('duplicate_stream', `second SYN of stream ${String(id)}`);
    if (id % 2 === 0) throw new YamuxError('invalid_stream_id', `SYN of stream ${String(id)}`);
    if (!this.remoteIds.use(id)) throw new YamuxError('stream_id_reused', `SYN of stream ${String(id)} after its end`);
    const { maxUnacceptedStreams, maxOpenStreams } = this.limits;
    if (this.isClosing || this.unaccepted >= maxUnacceptedStreams || this.streams.size >= maxOpenStreams) {
      this.writer.control(FrameType.windowUpdate, Flag.rst, id, 0);
      return undefined;
    }
    const stream = new YamuxStream(this, id, true);
    this.unaccepted++;
    this.streams.set(id, stream);
    this.advertise(stream, Flag.ack);
    return stream;
  }

  /** The peer has accepted a stream of ours. */
  acknowledge(stream: YamuxStream): void {
    if (stream.isAcknowledged) return;
    stream.isAcknowledged = true;
    this.unacknowledged--;
  }

  accepted(id: number): void {
    if (this.role === 'server' && this.streams.has(id)) this.unaccepted--;
  }

  forget(id: number): void {
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    this.streams.delete(id);
    if (this.role === 'server' && !stream.isAccepted) this.unaccepted--;
    this.acknowledge(stream);
  }

  /** Ends all of them without a word to the peer, which is gone. */
  cutAll(error: Error): void {
    const streams = this.list();
    this.streams.clear();
    this.unaccepted = this.unacknowledged = 0;
    for (const stream of streams) stream.cut(error);
  }

  private advertise({ id }: YamuxStream, flag: number): void {
    this.writer.control(FrameType.windowUpdate, flag, id, this.limits.initialWindowBytes - PROTOCOL_WINDOW_BYTES);
  }
}

import { PROTOCOL_WINDOW_BYTES } from './constants';

/** Bounds of one session. What frp has for each of them is in its `yamux.DefaultConfig()` and `transport.tcpMux*`. */
export interface YamuxLimits {
  /**
   * The window that a new stream gets, in bytes: 256 KiB (which the protocol gives to everyone, so not less) to `maxWindowBytes`.
   * More from the peer than its window is a session error, `window_exceeded`.
   */
  readonly initialWindowBytes: number;
  /** The most that a stream's window grows to, in bytes: 6 MiB, as frp from 0.50 on. */
  readonly maxWindowBytes: number;
  /** Bytes by which the windows of a session may grow together, when its owner gives it no `WindowBudget`: 32 MiB. Beyond, they don't. */
  readonly windowBudgetBytes: number;
  /** A grown window that nothing came through for so long goes back to its first size, in milliseconds: 30 s. */
  readonly windowIdleMs: number;
  /** Streams handed to `onStream` that have no reader yet: 256. A further SYN is answered by RST. */
  readonly maxUnacceptedStreams: number;
  /** Streams that are open at once: 16,384. A further SYN is answered by RST. */
  readonly maxOpenStreams: number;
  /** Streams opened by us that the peer has not acknowledged: 256, its backlog. `openStream` refuses further ones. */
  readonly maxUnacknowledgedStreams: number;
  /** Payload bytes in one frame that we send: 64 KiB. A longer chunk takes its turn with other streams in between. */
  readonly maxFrameBytes: number;
  /** Chunks shorter than this, in bytes, are copied behind their header instead of being written on their own: 512. */
  readonly copyBelowBytes: number;
  /** Bytes written to a stream that may wait in it: 512 KiB. Beyond, its `write` answers `false` until half of them have gone. */
  readonly maxStreamQueueBytes: number;
  /**
   * Bytes that may wait in the transport when nothing but control frames is added to them: 1 MiB. Beyond, the peer makes us answer
   * without reading our answers, and the session ends with `peer_not_reading`.
   */
  readonly maxTransportQueueBytes: number;
  /**
   * Frames after which a session lets others have their turn: 2,048, some milliseconds of work. The system hands over megabytes at
   * once, which as frames of 12 bytes would hold up the process for seconds.
   */
  readonly maxFramesPerTurn: number;
  /** How long nothing at all may come after a ping, in milliseconds: 10 s. Then the session ends with `keepalive_timeout`. */
  readonly pingTimeoutMs: number;
  /** How long a stream of ours may stay without ACK, in milliseconds: 75 s. Then the session ends with `open_timeout`. */
  readonly openTimeoutMs: number;
  /** How long a stream may stay open after `end()`, in milliseconds: 5 min. Then it is reset with `close_timeout`. */
  readonly closeTimeoutMs: number;
  /** How long the transport may take to close after the session's end, in milliseconds: 5 s. Then it is destroyed. */
  readonly closeGraceMs: number;
}

export const DEFAULT_LIMITS: YamuxLimits = {
  initialWindowBytes: PROTOCOL_WINDOW_BYTES,
  maxWindowBytes: 6_291_456,
  windowBudgetBytes: 33_554_432,
  windowIdleMs: 30_000,
  maxUnacceptedStreams: 256,
  maxOpenStreams: 16_384,
  maxUnacknowledgedStreams: 256,
  maxFrameBytes: 65_536,
  copyBelowBytes: 512,
  maxStreamQueueBytes: 524_288,
  maxTransportQueueBytes: 1_048_576,
  maxFramesPerTurn: 2_048,
  pingTimeoutMs: 10_000,
  openTimeoutMs: 75_000,
  closeTimeoutMs: 300_000,
  closeGraceMs: 5_000,
};

/** How often a quiet peer is pinged, in milliseconds, unless told: frp's `tcpMuxKeepaliveInterval`. */
export const DEFAULT_KEEP_ALIVE_INTERVAL_MS = 30_000;

/** The longest `copyBelowBytes`: such a frame has to fit into a block of headers several times. */
const MAX_COPY_BYTES = 1_024;
const MAX_WINDOW_BYTES = 0x4000_0000;

/**
 * The defaults with `limits` in place of some.
 * @throws RangeError when they don't fit together
 */
export function limitsWith(limits: Partial<YamuxLimits>): YamuxLimits {
  const all = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(all)) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a whole number, 0 or more`);
  }
  demand(all.initialWindowBytes >= PROTOCOL_WINDOW_BYTES, 'initialWindowBytes must be 262144 or more');
  demand(all.maxWindowBytes >= all.initialWindowBytes, 'maxWindowBytes must not be below initialWindowBytes');
  demand(all.maxWindowBytes <= MAX_WINDOW_BYTES, 'maxWindowBytes must not be above 1 GiB');
  demand(all.maxFramesPerTurn >= 1, 'maxFramesPerTurn must be 1 or more');
  demand(all.maxFrameBytes >= 1, 'maxFrameBytes must be 1 or more');
  demand(all.copyBelowBytes <= MAX_COPY_BYTES, 'copyBelowBytes must not be above 1024');
  return all;
}

function demand(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new RangeError(otherwise);
}

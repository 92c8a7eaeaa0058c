import type { ByteReader, ByteStream, Lease } from './byte-stream';
import type { Ending, EndingRelays } from './ending-relays';
import { STREAM_LIMITS } from './limits';
import type { BucketWaiter, TokenBucket } from './token-bucket';

/** `in`: from the user to the client; `out`: from the client to the user. */
export type RelayDirection = 'in' | 'out';

/** What ended a relay: one side sent no more, or was cut, or its owner stopped it. */
export type RelayEnd = 'user-end' | 'client-end' | 'user-cut' | 'client-cut' | 'stopped';

/** Whoever has a connection relayed. */
export interface RelayOwner {
  /** So many bytes have been passed on, as they were before any encoding of the stream written to. */
  count(direction: RelayDirection, bytes: number): void;
  /** Both streams are closed. Called once. */
  onClose(reason: RelayEnd, error?: Error): void;
}

export interface RelayOptions {
  /** Told the time by its owner; shared by all relays of a process. */
  readonly endings: EndingRelays;
  /** Limits both directions together. */
  readonly bucket?: TokenBucket;
}

/** Why a side doesn't read: bits. */
const WAITS_FOR_SINK = 1;
const WAITS_FOR_TOKENS = 2;

/**
 * Copies between a user's connection and a client's stream for it, both ways, until one of them ends; then both are closed, as frp does
 * (its `Join`): what was read is delivered, and what the other direction still brings is dropped.
 *
 * An end is not cut while what was read is on its way to it, and what it still sends is read and dropped meanwhile: to close a
 * socket with unread input resets the connection, and its peer may lose what it was sent last. An end that doesn't take what is
 * left, or takes it and doesn't close, is cut after {@link STREAM_LIMITS}' `relayLingerMs` and `relayGraceMs`.
 */
export class Relay implements Ending {
  private readonly user: RelaySide;
  private readonly client: RelaySide;
  private end: RelayEnd | undefined;
  private error: Error | undefined;
  private endedAtMs: number | undefined;

  /** Both streams are the relay's own from now on; what they hold is passed on before this returns. */
  constructor(
    user: ByteStream,
    client: ByteStream,
    readonly owner: RelayOwner,
    private readonly options: RelayOptions,
  ) {
    this.user = new RelaySide(this, user, 'in');
    this.client = new RelaySide(this, client, 'out');
    this.user.begin();
    this.client.begin();
  }

  /** Whether one of the sides has ended, so that nothing is passed on any more. */
  get isEnding(): boolean {
    return this.end !== undefined;
  }

  get bucket(): TokenBucket | undefined {
    return this.options.bucket;
  }

  /** Cuts both sides. */
  stop(error?: Error): void {
    this.beginEnd('stopped', error);
    this.user.stream.destroy(error);
    this.client.stream.destroy(error);
  }

  /** For {@link EndingRelays}. */
  tick(nowMs: number): void {
    this.endedAtMs ??= nowMs;
    const endedForMs = nowMs - this.endedAtMs;
    this.user.cutWhenLate(endedForMs, nowMs);
    this.client.cutWhenLate(endedForMs, nowMs);
  }

  /** For a {@link RelaySide}. */
  otherThan(side: RelaySide): RelaySide {
    return side === this.user ? this.client : this.user;
  }

  /** For a {@link RelaySide}: it has ended, or was cut. */
  sideEnded(side: RelaySide, isCut: boolean, error?: Error): void {
    if (side === this.user) this.beginEnd(isCut ? 'user-cut' : 'user-end', error);
    else this.beginEnd(isCut ? 'client-cut' : 'client-end', error);
    if (!this.user.isClosed || !this.client.isClosed) return;
    this.options.endings.delete(this);
    if (this.end !== undefined) this.owner.onClose(this.end, this.error);
  }

  private beginEnd(end: RelayEnd, error: Error | undefined): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.error = error;
    this.options.endings.add(this);
    this.user.endStream();
    this.client.endStream();
  }
}

/** One side of a {@link Relay}: reads its own stream and writes to the other's. */
export class RelaySide implements ByteReader, BucketWaiter {
  expectedBytes = 0;
  isClosed = false;
  private waitsFor = 0;
  private takenAtMs: number | undefined;

  constructor(
    private readonly relay: Relay,
    readonly stream: ByteStream,
    private readonly direction: RelayDirection,
  ) {}

  begin(): void {
    this.stream.attach(this);
    // Whoever had the stream before may have left it paused.
    if (this.waitsFor === 0) this.stream.resume();
  }

  onData(chunk: Buffer, lease?: Lease): void {
    const { relay } = this;
    if (relay.isEnding) {
      lease?.release();
      return;
    }
    const { bucket } = relay;
    if (bucket === undefined) this.passOn(chunk, lease);
    else this.passOnLimited(bucket, chunk, lease);
  }

  onEnd(): void {
    this.relay.sideEnded(this, false);
  }

  /** This stream takes more: so the other side may read on. */
  onDrain(): void {
    this.relay.otherThan(this).waitNoMore(WAITS_FOR_SINK);
  }

  onClose(error?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.relay.sideEnded(this, true, error);
  }

  /** For the {@link TokenBucket}. */
  tokensAvailable(): void {
    this.waitNoMore(WAITS_FOR_TOKENS);
  }

  /** For the {@link TokenBucket}. */
  fail(error: Error): void {
    this.relay.stop(error);
  }

  /** Ends what is written to this stream, and reads on whatever it waited for: to drop what comes, and to see it end. */
  endStream(): void {
    this.relay.bucket?.leave(this);
    this.stream.end();
    this.stream.resume();
  }

  cutWhenLate(endedForMs: number, nowMs: number): void {
    if (this.isClosed) return;
    if (this.stream.queuedBytes === 0) this.takenAtMs ??= nowMs;
    const isIdle = this.takenAtMs !== undefined && nowMs - this.takenAtMs >= STREAM_LIMITS.relayGraceMs;
    if (isIdle || endedForMs >= STREAM_LIMITS.relayLingerMs) this.stream.destroy();
  }

  private passOn(chunk: Buffer, lease: Lease | undefined): void {
    const { relay } = this;
    relay.owner.count(this.direction, chunk.length);
    if (!relay.otherThan(this).stream.write(chunk, lease)) this.wait(WAITS_FOR_SINK);
  }

  private passOnLimited(bucket: TokenBucket, chunk: Buffer, lease: Lease | undefined): void {
    const { burstBytes } = bucket;
    if (chunk.length > burstBytes) {
      // More than a second's worth. Its memory is in two hands from now on, so that it is not given back.
      this.stream.unshift(chunk.subarray(burstBytes));
      this.limited(bucket, chunk.subarray(0, burstBytes), undefined);
    } else {
      this.limited(bucket, chunk, lease);
    }
  }

  private limited(bucket: TokenBucket, chunk: Buffer, lease: Lease | undefined): void {
    this.expectedBytes = chunk.length;
    if (!bucket.take(chunk.length)) {
      this.wait(WAITS_FOR_TOKENS);
      bucket.wait(this);
    }
    this.passOn(chunk, lease);
  }

  private wait(reason: number): void {
    if (this.waitsFor === 0) this.stream.pause();
    this.waitsFor |= reason;
  }

  private waitNoMore(reason: number): void {
    if ((this.waitsFor & reason) === 0) return;
    this.waitsFor &= ~reason;
    if (this.waitsFor === 0) this.stream.resume();
  }
}

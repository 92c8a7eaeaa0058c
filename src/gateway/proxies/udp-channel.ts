import {
  MAX_V1_BODY_BYTES,
  MAX_V2_PAYLOAD_BYTES,
  type MessageDecoder,
  type UdpAddress,
  WireError,
  type WireCodec,
  type WireVersion,
} from '@tollgate/frp-wire';
import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';

/** How long nothing may come on a work connection of a udp proxy, in milliseconds: frpc pings every 30 s. */
const SILENCE_MS = 60_000;

/** What the message of a datagram has besides its content, with the longest address and zone, in bytes. */
const ENVELOPE_BYTES = 256;

export interface UdpChannelOwner {
  onDatagram(content: Buffer, remote: UdpAddress): void;
  /** The connection is over; it is to be replaced. Called once. */
  onClose(): void;
}

/** The longest datagram that fits into a message of the client's wire protocol, in bytes: its content goes as base64. */
export function longestDatagram(version: WireVersion): number {
  const messageBytes = version === 'v1' ? MAX_V1_BODY_BYTES : MAX_V2_PAYLOAD_BYTES;
  return Math.floor((messageBytes - ENVELOPE_BYTES) / 4) * 3;
}

/** Datagrams of a udp proxy on its work connection, both ways (§6.3 of the protocol reference). */
export class UdpChannel implements ByteReader {
  private readonly decoder: MessageDecoder;
  private heardAtMs: number;
  private hasHeard = false;
  private isReady = true;
  private isClosed = false;

  constructor(
    private readonly stream: ByteStream,
    private readonly codec: WireCodec,
    private readonly owner: UdpChannelOwner,
    nowMs: number,
  ) {
    this.decoder = codec.decoder();
    this.heardAtMs = nowMs;
  }

  /** Begins to read, which may be the end of it at once. */
  start(): void {
    this.stream.attach(this);
    this.stream.resume();
  }

  /** Whether the client takes more for now. */
  get takesMore(): boolean {
    return this.isReady && !this.isClosed;
  }

  /** @returns `false` when it was dropped, as datagrams may be: the client takes no more for now, or none of that length */
  send(content: Buffer, remote: UdpAddress): boolean {
    if (!this.takesMore) return false;
    let message: Buffer;
    try {
      message = this.codec.encode({ type: 'udpPacket', content, remote });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return false;
    }
    this.isReady = this.stream.write(message);
    return true;
  }

  tick(nowMs: number): void {
    if (this.hasHeard) {
      this.hasHeard = false;
      this.heardAtMs = nowMs;
    } else if (nowMs - this.heardAtMs >= SILENCE_MS) {
      this.close();
    }
  }

  close(): void {
    this.stream.destroy();
    this.over();
  }

  onData(chunk: Buffer, lease?: Lease): void {
    this.hasHeard = true;
    if (!this.isClosed) {
      try {
        this.decoder.push(chunk);
        this.readOn();
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        this.close();
      }
    }
    lease?.release();
  }

  onEnd(): void {
    this.close();
  }

  onDrain(): void {
    this.isReady = true;
  }

  onClose(): void {
    this.over();
  }

  private readOn(): void {
    for (let message = this.decoder.next(); message !== undefined; message = this.decoder.next()) {
      // The rest are pings, which only have to be heard.
      if (message.type !== 'udpPacket' || message.remote === undefined) continue;
      this.owner.onDatagram(message.content, message.remote);
      if (this.isClosed) return;
    }
  }

  private over(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.owner.onClose();
  }
}

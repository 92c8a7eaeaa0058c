import { unlinkSync } from 'node:fs';
import { type Server, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type ByteReader, type ByteStream, type Lease, Relay, SocketStream } from '@tollgate/stream-kit';
import type { GatewayRuntime } from '../gateway-runtime';
import { TrafficCounter } from '../traffic/traffic-counter';
import { MeteredStream } from '../work-conns/metered-stream';
import { LINK_BACKLOG } from './limits';
import { type LinkHeader, decodeLinkHeader, encodeLinkHeader } from './link-header';

/** Takes a connection of another worker. @param stream paused; the taker's own from now on */
export type LinkTaker = (header: LinkHeader, stream: ByteStream) => void;

/**
 * Connections between the workers of a gateway, for users and clients that have come to another one than the one they are for. Each
 * worker listens on a Unix socket in a folder that is for them alone.
 */
export class WorkerLinks {
  private readonly relays = new Set<Relay>();
  private active = 0;

  private constructor(
    private readonly folder: string,
    readonly member: number,
    private readonly server: Server,
    private readonly runtime: GatewayRuntime,
  ) {}

  /** @throws the system's error */
  static async open(folder: string, member: number, runtime: GatewayRuntime, take: LinkTaker): Promise<WorkerLinks> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      const stream = new SocketStream(socket, { flusher: runtime.flusher });
      stream.attach(new HeaderReader(stream, take));
      stream.resume();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Exclusive: the primary would take part otherwise.
      server.listen({ path: socketPath(folder, member), backlog: LINK_BACKLOG, exclusive: true }, () => {
        server.off('error', reject).on('error', () => undefined);
        resolve();
      });
    });
    return new WorkerLinks(folder, member, server, runtime);
  }

  /** Connections on which users' bytes have moved: a work connection that waits for its user is not among them. */
  get activeCount(): number {
    return this.active;
  }

  /** @returns a connection to another worker, paused. @throws the system's error when that has ended */
  connect(member: number, header: LinkHeader): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      const socket = connect({ path: socketPath(this.folder, member), allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        const stream = new SocketStream(socket, { flusher: this.runtime.flusher });
        stream.write(encodeLinkHeader(header));
        resolve(stream);
      });
    });
  }

  /** Relays until one of them ends. Both are its own from now on. @param onEnd told then */
  join(one: ByteStream, other: ByteStream, onEnd?: () => void): void {
    const joined: { relay?: Relay; isOver: boolean; isActive: boolean } = { isOver: false, isActive: false };
    const owner = {
      // Bytes are counted where the proxy is.
      count: () => {
        if (!joined.isActive) this.active += 1;
        joined.isActive = true;
      },
      onClose: () => {
        joined.isOver = true;
        if (joined.isActive) this.active -= 1;
        onEnd?.();
        if (joined.relay !== undefined) this.relays.delete(joined.relay);
      },
    };
    joined.relay = new Relay(one, other, owner, { endings: this.runtime.endings });
    // Both may have been closed before they were joined.
    if (!joined.isOver) this.relays.add(joined.relay);
  }

  /** Has a connection that users' requests follow one another on counted until it closes. */
  watched(stream: ByteStream): ByteStream {
    this.active += 1;
    return new MeteredStream(stream, {
      // Bytes are counted where the proxy is.
      counter: new TrafficCounter('', ''),
      bucket: undefined,
      left: () => {
        this.active -= 1;
      },
    });
  }

  /** Takes no more connections, and cuts those that it has joined. */
  close(): void {
    this.server.close();
    for (const relay of this.relays) relay.stop();
  }

  /** Removes what a worker that was killed has left. */
  static remove(folder: string, member: number): void {
    try {
      unlinkSync(socketPath(folder, member));
    } catch {
      // One that has ended by itself has removed it.
    }
  }
}

/** A connection until its header is there. */
class HeaderReader implements ByteReader {
  private head: Buffer | undefined;

  constructor(
    private readonly stream: ByteStream,
    private readonly take: LinkTaker,
  ) {}

  onData(chunk: Buffer, lease?: Lease): void {
    this.head = this.head === undefined ? Buffer.from(chunk) : Buffer.concat([this.head, chunk]);
    lease?.release();
    let decoded: ReturnType<typeof decodeLinkHeader>;
    try {
      decoded = decodeLinkHeader(this.head);
    } catch (error) {
      this.stream.destroy(error as Error);
      return;
    }
    if (decoded === undefined) return;
    this.stream.pause();
    this.stream.unshift(decoded.rest);
    this.take(decoded.header, this.stream);
  }

  onEnd(): void {
    this.stream.destroy();
  }

  onDrain(): void {
    // Nothing is written before the header is there.
  }

  onClose(): void {
    // Nobody waits for it.
  }
}

function socketPath(folder: string, member: number): string {
  return join(folder, `${String(member)}.sock`);
}

import type { Socket } from 'node:net';
import { type ByteReader, type ByteStream, type Lease, SocketStream, type TurnFlusher } from '@tollgate/stream-kit';
import { plainAddress } from '../../listener/client-connection';
import { type PendingConnection, PendingConnections } from '../../listener/pending-connections';
import type { DomainOwners } from '../domain-owners';
import { VHOST_LIMITS } from '../limits';
import { VhostRoutes } from '../vhost-routes';
import { ClientHelloReader } from './client-hello';

/** Both ends of a user's connection. */
export interface ConnectionAddresses {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** Who serves a TLS host. */
export interface HttpsTarget {
  /**
   * Takes a user's connection.
   * @param user paused, with the untouched ClientHello still to be read; the target's own from now on
   */
  open(user: ByteStream, addresses: ConnectionAddresses): void;
}

export interface HttpsVhostOptions {
  readonly flusher: TurnFlusher;
  /** Monotone milliseconds. */
  readonly now: () => number;
  /** Shared with the vhost of http. */
  readonly owners?: DomainOwners;
  readonly maxPending?: number;
  readonly maxPendingPerAddress?: number;
}

/** A fatal alert `unrecognized_name` (RFC 8446, section 6.2; RFC 6066, section 3). */
const UNRECOGNIZED_NAME = Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 112]);

/** Hands TLS connections to the target of the server name that they ask for, and reads nothing else of them (frp `pkg/util/vhost/https.go`). */
export class HttpsVhost {
  readonly routes: VhostRoutes<HttpsTarget>;
  private readonly pending: PendingConnections;
  /** Refused connections that have not closed, and until when they may take. */
  private readonly refused = new Map<ByteStream, number>();

  constructor(private readonly options: HttpsVhostOptions) {
    const { maxPending = VHOST_LIMITS.maxPending, maxPendingPerAddress = VHOST_LIMITS.maxPendingPerAddress } = options;
    this.routes = new VhostRoutes(options.owners);
    this.pending = new PendingConnections({
      maxPending,
      maxPendingPerAddress,
      handshakeMs: VHOST_LIMITS.clientHelloMs,
    });
  }

  /** Connections that have not said whom they want. */
  get pendingCount(): number {
    return this.pending.count;
  }

  /** @param name `undefined` for a connection that names no server, which `*` alone serves */
  find(name: string | undefined): HttpsTarget | undefined {
    return this.routes.find(name ?? '', '', '');
  }

  /**
   * Takes a user's connection.
   * @param head bytes that were read of it already
   */
  takeSocket(socket: Socket, head?: Buffer): void {
    const { remotePort = 0, localPort = 0 } = socket;
    const addresses = {
      address: plainAddress(socket.remoteAddress),
      port: remotePort,
      localAddress: plainAddress(socket.localAddress),
      localPort,
    };
    this.take(new SocketStream(socket, { flusher: this.options.flusher }), addresses, head);
  }

  /** As {@link takeSocket}, for a connection that is a stream already. */
  take(stream: ByteStream, addresses: ConnectionAddresses, head?: Buffer): void {
    const greeting = new Greeting(stream, addresses, this);
    if (!this.pending.add(greeting, this.options.now())) {
      stream.destroy();
      return;
    }
    if (head !== undefined) stream.unshift(head);
    stream.attach(greeting);
    stream.resume();
  }

  tick(nowMs: number): void {
    this.pending.tick(nowMs);
    for (const [stream, deadlineMs] of this.refused) if (deadlineMs <= nowMs || stream.isClosed) this.cut(stream);
  }

  /** Cuts the connections that have not reached a target. */
  close(): void {
    this.pending.close();
    for (const stream of this.refused.keys()) this.cut(stream);
  }

  /** For a {@link Greeting}: it is known for what it is, or gone. */
  settle(greeting: Greeting): void {
    this.pending.delete(greeting);
  }

  /** For a {@link Greeting}: nobody serves what it asks for. */
  refuse(stream: ByteStream): void {
    stream.write(UNRECOGNIZED_NAME);
    stream.end();
    this.refused.set(stream, this.options.now() + VHOST_LIMITS.lingerMs);
  }

  /** For a {@link Greeting}: it was refused, and is closed. */
  forget(stream: ByteStream): void {
    this.refused.delete(stream);
  }

  private cut(stream: ByteStream): void {
    this.refused.delete(stream);
    stream.destroy();
  }
}

/** A connection whose ClientHello is not complete, or which nobody serves: then what it still sends is dropped. */
class Greeting implements ByteReader, PendingConnection {
  readonly address: string;
  private readonly hello = new ClientHelloReader();
  private chunks: Buffer[] = [];
  private isRefused = false;

  constructor(
    private readonly stream: ByteStream,
    private readonly addresses: ConnectionAddresses,
    private readonly vhost: HttpsVhost,
  ) {
    this.address = addresses.address;
  }

  onData(chunk: Buffer, lease?: Lease): void {
    if (this.isRefused) {
      lease?.release();
      return;
    }
    const name = this.hello.push(chunk);
    this.chunks.push(chunk);
    switch (name.kind) {
      case 'need-more':
        return;
      case 'bad':
        this.expire();
        return;
      case 'none':
      case 'found':
        this.handOver(this.vhost.find(name.kind === 'found' ? name.name : undefined));
    }
  }

  onEnd(): void {
    // The alert may still be on its way.
    if (!this.isRefused) this.expire();
  }

  onDrain(): void {
    // All that is ever written is one alert.
  }

  onClose(): void {
    this.vhost.settle(this);
    this.vhost.forget(this.stream);
  }

  expire(): void {
    this.vhost.settle(this);
    this.vhost.forget(this.stream);
    this.stream.destroy();
  }

  private handOver(target: HttpsTarget | undefined): void {
    const { stream, vhost, chunks } = this;
    this.chunks = [];
    vhost.settle(this);
    if (target === undefined) {
      this.isRefused = true;
      vhost.refuse(stream);
      return;
    }
    stream.pause();
    stream.unshift(Buffer.concat(chunks));
    target.open(stream, this.addresses);
  }
}

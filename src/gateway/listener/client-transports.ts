import type { ByteStream } from '@tollgate/stream-kit';
import { WindowBudget, YamuxSession } from '@tollgate/yamux';
import type { GatewayRuntime } from '../gateway-runtime';
import type { Ticking } from '../ticker';
import type { ClientConnection, ClientTransport, Peer } from './client-connection';

export interface ClientTransportsOptions {
  readonly runtime: GatewayRuntime;
  /** Connections that have not proved anything yet; further ones are cut. */
  readonly maxUnproved: number;
  /** How long a connection may take to prove itself, in milliseconds. */
  readonly handshakeMs: number;
  /** Between pings of a quiet session, in milliseconds. */
  readonly muxKeepAliveMs: number;
  readonly maxStreamsPerSession: number;
  readonly windowBudgetBytes: number;
  /** Takes each logical stream. */
  readonly onStream: (stream: ByteStream, connection: GatewayConnection) => void;
}

/** A client's connection, from its first bytes on. */
export abstract class GatewayConnection implements ClientConnection {
  abstract readonly isMultiplexed: boolean;
  private proved = false;

  constructor(
    readonly peer: Peer,
    readonly deadlineMs: number,
    private readonly onProof: (connection: GatewayConnection) => void,
  ) {}

  /** Whether a client has logged in on it, or brought something that only a client that has logged in could. */
  get isProved(): boolean {
    return this.proved;
  }

  prove(): void {
    if (this.proved) return;
    this.proved = true;
    this.onProof(this);
  }

  abstract end(): void;
  abstract destroy(error?: Error): void;
}

/** A connection that is one logical stream. */
class SingleConnection extends GatewayConnection {
  readonly isMultiplexed = false;

  constructor(
    private readonly stream: ByteStream,
    ...rest: ConstructorParameters<typeof GatewayConnection>
  ) {
    super(...rest);
  }

  override end(): void {
    this.stream.end();
  }

  override destroy(error?: Error): void {
    this.stream.destroy(error);
  }
}

/** A connection that carries a yamux session. */
class MuxConnection extends GatewayConnection {
  readonly isMultiplexed = true;
  session: YamuxSession | undefined;

  override end(): void {
    this.session?.close();
  }

  override destroy(error?: Error): void {
    this.session?.destroy(error);
  }
}

/** Makes logical streams of clients' connections. */
export class ClientTransports implements Ticking {
  private readonly unproved = new Set<GatewayConnection>();
  private readonly budget: WindowBudget;
  private openSessions = 0;

  constructor(private readonly options: ClientTransportsOptions) {
    this.budget = new WindowBudget(options.windowBudgetBytes);
  }

  /** Connections that have not proved anything yet. */
  get unprovedCount(): number {
    return this.unproved.size;
  }

  get sessionCount(): number {
    return this.openSessions;
  }

  accept({ stream, carries, peer }: ClientTransport): void {
    const { runtime, maxUnproved, handshakeMs, onStream } = this.options;
    if (this.unproved.size >= maxUnproved) {
      stream.destroy();
      return;
    }
    const rest = [
      peer,
      runtime.nowMs() + handshakeMs,
      (proved: GatewayConnection): void => {
        this.unproved.delete(proved);
      },
    ] as const;
    if (carries === 'messages') {
      // Bounded in time by its first message; what comes of it after that is no stranger.
      onStream(stream, new SingleConnection(stream, ...rest));
      return;
    }
    const connection = new MuxConnection(...rest);
    this.unproved.add(connection);
    this.open(stream, connection);
  }

  tick(nowMs: number): void {
    for (const connection of this.unproved) {
      if (connection.deadlineMs > nowMs) continue;
      this.unproved.delete(connection);
      connection.destroy();
    }
  }

  private open(transport: ByteStream, connection: MuxConnection): void {
    const { runtime, muxKeepAliveMs, maxStreamsPerSession, onStream } = this.options;
    this.openSessions += 1;
    const session = new YamuxSession(transport, {
      role: 'server',
      keepAliveIntervalMs: muxKeepAliveMs,
      limits: { maxOpenStreams: maxStreamsPerSession },
      windowBudget: this.budget,
      nowMs: () => runtime.nowMs(),
      onStream: (stream) => {
        onStream(stream, connection);
      },
      onClose: () => {
        this.openSessions -= 1;
        this.unproved.delete(connection);
        runtime.ticker.delete(session);
      },
    });
    connection.session = session;
    if (!session.isClosed) runtime.ticker.add(session);
  }
}

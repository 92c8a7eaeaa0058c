import type { ByteStream } from '@tollgate/stream-kit';
import { WindowBudget, YamuxSession } from '@tollgate/yamux';
import type { GatewayRuntime } from '../gateway-runtime';
import type { ClientConnection, ClientTransport, Peer } from './client-connection';

export interface ClientTransportLimits {
  readonly maxStreamsPerSession: number;
  /** By how much the windows of all streams may grow together. */
  readonly windowBudgetBytes: number;
}

export interface ClientTransportsOptions {
  readonly runtime: GatewayRuntime;
  /** Between pings of a quiet session, in milliseconds. */
  readonly muxKeepAliveMs: number;
  readonly limits: ClientTransportLimits;
  /** Takes each logical stream. */
  readonly onStream: (stream: ByteStream, connection: GatewayConnection) => void;
}

/** A client's connection, from its first bytes on. */
export abstract class GatewayConnection implements ClientConnection {
  abstract readonly isMultiplexed: boolean;
  /** Streams of it whose first message is awaited; kept by whoever awaits them. */
  openings = 0;
  /** Streams that have come on it while it was a stranger's; kept by the same. */
  strangerStreams = 0;
  private proved = false;

  constructor(
    readonly peer: Peer,
    private readonly onProof: () => void,
  ) {}

  /** Whether a client has logged in on it, or brought something that only a client that has logged in could. */
  get isProved(): boolean {
    return this.proved;
  }

  prove(): void {
    if (this.proved) return;
    this.proved = true;
    this.onProof();
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
export class ClientTransports {
  private readonly budget: WindowBudget;
  private maxStreamsPerSession: number;
  private openSessions = 0;

  constructor(private readonly options: ClientTransportsOptions) {
    const { maxStreamsPerSession, windowBudgetBytes } = options.limits;
    this.budget = new WindowBudget(windowBudgetBytes);
    this.maxStreamsPerSession = maxStreamsPerSession;
  }

  /** For sessions that come, and windows that grow, from now on. */
  setLimits({ maxStreamsPerSession, windowBudgetBytes }: ClientTransportLimits): void {
    this.budget.setTotal(windowBudgetBytes);
    this.maxStreamsPerSession = maxStreamsPerSession;
  }

  get sessionCount(): number {
    return this.openSessions;
  }

  accept({ stream, carries, peer, onProof }: ClientTransport): void {
    if (carries === 'yamux') this.open(stream, new MuxConnection(peer, onProof));
    else this.options.onStream(stream, new SingleConnection(stream, peer, onProof));
  }

  private open(transport: ByteStream, connection: MuxConnection): void {
    const { runtime, muxKeepAliveMs, onStream } = this.options;
    this.openSessions += 1;
    const session = new YamuxSession(transport, {
      role: 'server',
      keepAliveIntervalMs: muxKeepAliveMs,
      limits: { maxOpenStreams: this.maxStreamsPerSession },
      windowBudget: this.budget,
      nowMs: () => runtime.nowMs(),
      onStream: (stream) => {
        onStream(stream, connection);
      },
      onClose: () => {
        this.openSessions -= 1;
        runtime.ticker.delete(session);
      },
    });
    connection.session = session;
    if (!session.isClosed) runtime.ticker.add(session);
  }
}

import { type Server, type Socket, createServer } from 'node:net';
import type { TurnFlusher } from '@tollgate/stream-kit';
import { InboundConnection, type InboundContext } from './inbound-connection';
import { listenOn } from './listen-on';
import { PendingConnections, type PendingLimits } from './pending-connections';
import { TlsAcceptor } from './tls-acceptor';
import type { TlsMaterial } from './tls-material';
import { WebSocketUpgrades } from './websocket-upgrades';

export interface BindListenerOptions extends Pick<
  InboundContext,
  'takeHttp' | 'takeTls' | 'onTransport' | 'onTlsFailure' | 'onFault'
> {
  readonly flusher: TurnFlusher;
  readonly tls: TlsMaterial;
  readonly forceTls: boolean;
  /** Between probes of the system on an idle connection, in seconds; 0: none. */
  readonly tcpKeepaliveSeconds: number;
  readonly limits: PendingLimits;
  /** Monotone milliseconds. */
  readonly now: () => number;
}

const SECOND_MS = 1_000;

/** Listens for frpc: every connection that turns out to be one is handed on. */
export class BindListener {
  private readonly server: Server;
  private readonly pending: PendingConnections;
  private readonly tls: TlsAcceptor;
  private readonly context: InboundContext;
  private refused = 0;

  constructor(private readonly options: BindListenerOptions) {
    const { flusher, forceTls, takeHttp, takeTls, onTransport, onTlsFailure, onFault } = options;
    this.tls = new TlsAcceptor(options.tls);
    this.pending = new PendingConnections(options.limits);
    this.context = {
      tls: this.tls,
      websockets: new WebSocketUpgrades(),
      flusher,
      // Who asks for certificates means TLS, as frps does.
      forceTls: forceTls || options.tls.trusted.length > 0,
      takeHttp,
      takeTls,
      onTransport,
      onTlsFailure,
      onFault,
      onSettled: (connection) => {
        this.pending.delete(connection);
      },
    };
    this.server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      this.accept(socket);
    });
  }

  /** Connections that have not said what they are. */
  get pendingCount(): number {
    return this.pending.count;
  }

  /** Connections that were closed unheard because there were too many. */
  get refusedCount(): number {
    return this.refused;
  }

  /** @returns the port, the real one where 0 was asked for */
  async listen(host: string, port: number): Promise<number> {
    await listenOn(this.server, host, port);
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** For connections that come from now on. */
  reload(tls: TlsMaterial, limits: PendingLimits): void {
    this.tls.setMaterial(tls);
    this.pending.setLimits(limits);
  }

  tick(nowMs: number): void {
    this.pending.tick(nowMs);
  }

  /** Listens no more, and closes those that have not introduced themselves. The others are their owners'. */
  close(): void {
    this.server.close();
    this.pending.close();
  }

  private accept(socket: Socket): void {
    const { tcpKeepaliveSeconds, now } = this.options;
    const connection = new InboundConnection(socket, this.context);
    if (!this.pending.add(connection, now())) {
      this.refused += 1;
      socket.destroy();
      return;
    }
    if (tcpKeepaliveSeconds > 0) socket.setKeepAlive(true, tcpKeepaliveSeconds * SECOND_MS);
    connection.begin();
  }
}

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SocketStream, type TurnFlusher } from '@tollgate/stream-kit';
import { classify, classifyInner } from './classify';
import { type ClientTransport, type Peer, plainAddress } from './client-connection';
import type { PendingConnection } from './pending-connections';
import type { TlsAcceptor } from './tls-acceptor';
import type { WebSocketUpgrades } from './websocket-upgrades';

/** TLS, a WebSocket and TLS in it, and what these carry: no frpc wraps itself up more. */
const MAX_LAYERS = 4;
/** What a pong, or another stream's data, may have to wait behind: half of what a stream of its own may queue. */
const MAX_MUX_QUEUE_BYTES = 262_144;
/** What may come in a WebSocket before the login, in bytes: a TLS handshake and the longest message fit in several times. */
const MAX_STRANGER_BYTES = 131_072;

/** What is taken off a connection, and where it goes then. */
export interface InboundContext {
  readonly tls: TlsAcceptor;
  readonly websockets: WebSocketUpgrades;
  readonly flusher: TurnFlusher;
  readonly forceTls: boolean;
  /** Takes users of HTTP proxies that come to the bind port; absent where they have one of their own. */
  readonly takeHttp: ((socket: Socket, head: Buffer) => void) | undefined;
  /**
   * Takes a TLS connection if its ClientHello is for an HTTPS proxy; absent where these have a port of their own. Answers `undefined`
   * when the head is too short to tell.
   */
  readonly takeTls: ((socket: Socket, head: Buffer) => boolean | undefined) | undefined;
  readonly onTransport: (transport: ClientTransport) => void;
  /** Told of a fault of ours, which costs the one connection. */
  readonly onFault: (error: unknown) => void;
  /** Why TLS could not be taken off. */
  readonly onTlsFailure: (address: string, reason: string) => void;
  /** It is no stranger any more, or somebody else's, or gone. */
  readonly onSettled: (connection: InboundConnection) => void;
}

/**
 * A new connection on the bind port, until a client has logged in on it or it has turned out to be another's: TLS and WebSocket are
 * taken off in whatever order they come (frp `server/service.go`, HandleListener; `pkg/util/net/tls.go`, CheckAndEnableTLSServerConnWithTimeout).
 */
export class InboundConnection implements PendingConnection {
  readonly address: string;
  private outermost: Duplex;
  private isTls = false;
  private isWebSocket = false;
  private serverName: string | undefined;
  private layers = 0;
  private isSettled = false;

  constructor(
    private readonly socket: Socket,
    private readonly context: InboundContext,
  ) {
    this.address = plainAddress(socket.remoteAddress);
    this.outermost = socket;
    socket.on('error', ignore);
    socket.once('close', () => {
      this.settle();
    });
  }

  begin(): void {
    this.peek(this.socket, (head) => {
      this.takeFirst(head);
    });
  }

  expire(): void {
    this.settle();
    this.outermost.destroy();
    this.socket.destroy();
  }

  private takeFirst(head: Buffer): void {
    const { takeHttp, takeTls } = this.context;
    switch (classify(head, takeHttp !== undefined)) {
      case 'unknown':
        this.peekMore(head);
        return;
      case 'http':
        this.settle();
        this.socket.off('error', ignore);
        takeHttp?.(this.socket, head);
        return;
      case 'tls': {
        const isTaken = takeTls === undefined ? false : takeTls(this.socket, head);
        if (isTaken === undefined) {
          this.peekMore(head);
          return;
        }
        if (isTaken) {
          this.settle();
          return;
        }
        break;
      }
      case 'websocket':
      case 'prefixed-tls':
      case 'plain':
    }
    this.takeInner(this.socket, head);
  }

  private peekMore(head: Buffer): void {
    this.peek(
      this.socket,
      (more) => {
        this.takeFirst(more);
      },
      head,
    );
  }

  private takeInner(stream: Duplex, head: Buffer): void {
    this.layers += 1;
    const kind = this.layers > MAX_LAYERS ? 'nonsense' : classifyInner(head[0] ?? -1);
    switch (kind) {
      case 'prefixed-tls':
        this.takeTlsOff(stream, head.subarray(1));
        return;
      case 'tls':
        this.takeTlsOff(stream, head);
        return;
      case 'websocket':
        stream.unshift(head);
        this.context.websockets.accept(stream, (bytes) => {
          this.isWebSocket = true;
          this.boundWebSocket(stream);
          this.guard(() => {
            this.goOn(bytes);
          });
        });
        return;
      case 'yamux':
      case 'messages':
        if (this.context.forceTls && !this.isTls) break;
        this.handOver(stream, head, kind);
        return;
      case 'nonsense':
    }
    this.expire();
  }

  private takeTlsOff(stream: Duplex, head: Buffer): void {
    if (this.isTls) {
      this.expire();
      return;
    }
    if (head.length > 0) stream.unshift(head);
    this.context.tls.accept(
      stream,
      (secure) => {
        this.isTls = true;
        this.serverName = typeof secure.servername === 'string' ? secure.servername : undefined;
        this.guard(() => {
          this.goOn(secure);
        });
      },
      (reason) => {
        this.context.onTlsFailure(this.address, reason);
        this.expire();
      },
    );
  }

  private goOn(stream: Duplex): void {
    this.outermost = stream;
    stream.on('error', ignore);
    stream.once('close', () => {
      this.settle();
    });
    if (this.isSettled) {
      stream.destroy();
      return;
    }
    this.peek(stream, (head) => {
      this.takeInner(stream, head);
    });
  }

  private handOver(stream: Duplex, head: Buffer, carries: ClientTransport['carries']): void {
    stream.unshift(head);
    const { flusher } = this.context;
    const options = carries === 'yamux' ? { flusher, maxQueuedBytes: MAX_MUX_QUEUE_BYTES } : { flusher };
    const bytes = new SocketStream(stream, options);
    const onProof = (): void => {
      this.settle();
    };
    this.context.onTransport({ stream: bytes, carries, peer: this.describe(), onProof });
  }

  /** A frame is kept until it is whole, and may be long: so a stranger may not send much. */
  private boundWebSocket(carrier: Duplex): void {
    let received = 0;
    const count = (chunk: Buffer): void => {
      received += chunk.length;
      if (this.isSettled) carrier.off('data', count);
      else if (received > MAX_STRANGER_BYTES) this.expire();
    };
    carrier.on('data', count);
  }

  private describe(): Peer {
    const { localAddress, localPort = 0, remotePort = 0 } = this.socket;
    const { address, isTls, isWebSocket, serverName } = this;
    return {
      address,
      port: remotePort,
      localAddress: plainAddress(localAddress),
      localPort,
      isTls,
      isWebSocket,
      serverName,
    };
  }

  /** @param before bytes that were not enough */
  private peek(stream: Duplex, done: (head: Buffer) => void, before?: Buffer): void {
    stream.once('data', (chunk: Buffer) => {
      stream.pause();
      if (this.isSettled) return;
      this.guard(() => {
        done(before === undefined ? chunk : Buffer.concat([before, chunk]));
      });
    });
    stream.resume();
  }

  /** For what Node calls: what is thrown there would end the process. */
  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.context.onFault(error);
      this.expire();
    }
  }

  private settle(): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.context.onSettled(this);
  }
}

/** What goes wrong ends in a close, which is listened to. */
function ignore(): void {
  // Nothing to say about strangers that go away.
}

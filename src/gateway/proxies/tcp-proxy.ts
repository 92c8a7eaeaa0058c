import { type Server, type Socket, createServer } from 'node:net';
import { SocketStream } from '@tollgate/stream-kit';
import type { PortRanges } from '@tollgate/tunnel-tokens';
import { plainAddress } from '../listener/client-connection';
import { listenOn } from '../listener/listen-on';
import type { PortDesk } from '../ports/port-desk';
import type { TrafficCounter } from '../traffic/traffic-counter';
import type { Proxy } from './proxy';
import type { ProxyContext } from './proxy-context';
import { UserLinks } from './user-links';

/** Which port a proxy may have. */
export interface PortRequest {
  readonly book: PortDesk;
  /** Names the proxy over all tenants. */
  readonly owner: string;
  readonly bindAddress: string;
  readonly allowed: PortRanges;
}

/** A port of the gateway that leads to a service of the client's (frp `server/proxy/tcp.go`). */
export class TcpProxy implements Proxy {
  readonly type = 'tcp';
  readonly portCount = 1;
  readonly name: string;
  readonly counter: TrafficCounter;
  private readonly links: UserLinks;
  private server: Server | undefined;
  private port = 0;

  private constructor(
    private readonly context: ProxyContext,
    private readonly request: PortRequest,
  ) {
    this.name = context.message.proxyName;
    this.counter = context.counter;
    this.links = new UserLinks(context);
  }

  get remoteAddress(): string {
    return `:${String(this.port)}`;
  }

  /** @throws PortRefusedError */
  static async open(context: ProxyContext, request: PortRequest): Promise<TcpProxy> {
    const proxy = new TcpProxy(context, request);
    const { book, owner, allowed } = request;
    const taken = await book.take(owner, context.message.remotePort, allowed, (port) => proxy.listen(port));
    proxy.port = taken.port;
    proxy.server = taken.listener;
    return proxy;
  }

  close(): void {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    server.close();
    this.links.close();
    this.request.book.release(this.request.owner, this.port);
  }

  private async listen(port: number): Promise<Server> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      try {
        this.accept(socket);
      } catch (error) {
        this.context.runtime.reportFault('user', error);
        socket.destroy();
      }
    });
    // Of this process alone: it has the client.
    await listenOn(server, this.request.bindAddress, port, true);
    return server;
  }

  private accept(socket: Socket): void {
    const { remoteAddress, remotePort = 0, localAddress, localPort = 0 } = socket;
    const user = new SocketStream(socket, { flusher: this.context.runtime.flusher });
    this.links.open(user, {
      srcAddr: plainAddress(remoteAddress),
      srcPort: remotePort,
      dstAddr: plainAddress(localAddress),
      dstPort: localPort,
    });
  }
}

import { type RemoteInfo, type Socket, createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type UdpAddress, errorTexts } from '@tollgate/frp-wire';
import type { ByteStream, TokenBucket } from '@tollgate/stream-kit';
import { plainAddress } from '../listener/client-connection';
import { PortRefusedError } from '../ports/port-book';
import type { TrafficCounter } from '../traffic/traffic-counter';
import type { WorkWaiter } from '../work-conns/work-pool';
import { type Proxy, ProxyRefusedError } from './proxy';
import type { ProxyContext } from './proxy-context';
import type { PortRequest } from './tcp-proxy';
import { UdpChannel, type UdpChannelOwner, longestDatagram } from './udp-channel';
import { UdpPeers } from './udp-peers';
import { UserLinks } from './user-links';

/** The client needs that long to have the proxy running, in milliseconds, as frps grants it. */
const FIRST_CONNECTION_MS = 500;
/** Datagrams that may wait for the work connection, as in frps; further ones are dropped. */
const MAX_WAITING = 1_024;
/** Before another work connection is tried for, in milliseconds. */
const RETRY_MS = 1_000;

/** A UDP port of the gateway that leads to a service of the client's (frp `server/proxy/udp.go`). */
export class UdpProxy implements Proxy, WorkWaiter, UdpChannelOwner {
  readonly type = 'udp';
  readonly portCount = 1;
  readonly name: string;
  readonly counter: TrafficCounter;
  private readonly peers = new UdpPeers();
  private readonly links: UserLinks;
  /** Longest datagram that is passed on; more of it is cut off, as frps does. */
  private readonly maxDatagramBytes: number;
  private socket: Socket | undefined;
  private port = 0;
  private channel: UdpChannel | undefined;
  /** What came while there was no work connection. */
  private waiting: { readonly content: Buffer; readonly from: UdpAddress }[] = [];
  private withdraw: (() => void) | undefined;
  private isClosed = false;
  /** As it was at the last tick: what is asked for each datagram has to cost nothing. */
  private isOpen = true;
  private bucket: TokenBucket | undefined;

  private constructor(
    private readonly context: ProxyContext,
    private readonly request: PortRequest,
    maxDatagramBytes: number,
  ) {
    this.maxDatagramBytes = Math.min(maxDatagramBytes, longestDatagram(context.session.workCodec.version));
    this.name = context.message.proxyName;
    this.counter = context.counter;
    this.links = new UserLinks(context);
    this.lookAtGate();
  }

  get remoteAddress(): string {
    return `:${String(this.port)}`;
  }

  /** @throws ProxyRefusedError */
  static async open(context: ProxyContext, request: PortRequest, maxDatagramBytes: number): Promise<UdpProxy> {
    const proxy = new UdpProxy(context, request, maxDatagramBytes);
    const { remotePort } = context.message;
    try {
      const taken = await request.book.take(request.owner, remotePort, request.allowed, (port) => proxy.bind(port));
      proxy.port = taken.port;
      proxy.socket = taken.listener;
    } catch (error) {
      if (!(error instanceof PortRefusedError)) throw error;
      throw new ProxyRefusedError(errorTexts.proxyUdpPort(remotePort, error.reason));
    }
    context.runtime.schedule(FIRST_CONNECTION_MS, () => {
      proxy.connect();
    });
    return proxy;
  }

  tick(nowMs: number): void {
    this.lookAtGate();
    this.channel?.tick(nowMs);
    this.peers.tick(nowMs);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.withdraw?.();
    this.channel?.close();
    this.socket?.close();
    this.request.book.release(this.request.owner, this.port);
  }

  /** A work connection is there. */
  serve(stream: ByteStream): void {
    this.withdraw = undefined;
    if (this.isClosed) {
      stream.destroy();
      return;
    }
    const { session, runtime } = this.context;
    const encoded = this.links.startWorkConnection(stream, {});
    this.channel = new UdpChannel(encoded, session.workCodec, this, runtime.nowMs());
    this.channel.start();
    const { waiting } = this;
    this.waiting = [];
    for (const { content, from } of waiting) this.pass(content, from);
  }

  /** None has come. */
  fail(): void {
    this.withdraw = undefined;
    this.connectLater();
  }

  /** From the client, for a user. */
  onDatagram(content: Buffer, remote: UdpAddress): void {
    const { bucket } = this;
    if (this.isClosed || !this.isOpen || !this.peers.has(remote.ip, remote.port)) return;
    if (bucket?.tryTake(content.length) === false) return;
    try {
      // The decoder keeps nothing of it, and neither does the sender of the next.
      this.socket?.send(content, remote.port, this.addressOf(remote));
    } catch {
      // An address that the system knows no way to: one datagram, which may be lost.
      return;
    }
    this.counter.outBytes += content.length;
  }

  onClose(): void {
    this.channel = undefined;
    this.connectLater();
  }

  /** A socket of IPv6 knows users of IPv4 by addresses of its own. */
  private addressOf({ ip, zone }: UdpAddress): string {
    if (!isIPv6(ip)) return isIPv6(this.request.bindAddress) ? `::ffff:${ip}` : ip;
    return zone === '' ? ip : `${ip}%${zone}`;
  }

  private lookAtGate(): void {
    const { gate, bucket } = this.context;
    this.isOpen = gate.admitsDatagrams();
    this.bucket = gate.bucketFor(bucket);
  }

  private connectLater(): void {
    if (this.isClosed) return;
    this.context.runtime.schedule(RETRY_MS, () => {
      this.connect();
    });
  }

  private connect(): void {
    if (!this.needsConnection()) return;
    const withdraw = this.context.session.takeWorkConnection(this, this.name);
    // It may have been served at once.
    if (this.needsConnection()) this.withdraw = withdraw;
  }

  private needsConnection(): boolean {
    return !this.isClosed && this.channel === undefined && this.withdraw === undefined;
  }

  private bind(port: number): Promise<Socket> {
    const { bindAddress } = this.request;
    const socket = createSocket({ type: isIPv6(bindAddress) ? 'udp6' : 'udp4' });
    socket.on('message', (content, from) => {
      try {
        this.receive(content, from);
      } catch (error) {
        // A fault of ours costs this proxy its work connection, and nobody else anything.
        this.context.runtime.reportFault('datagram', error);
        this.channel?.close();
      }
    });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ address: bindAddress, port, exclusive: true }, () => {
        // Later errors are of single datagrams, which may be lost.
        socket.removeAllListeners('error').on('error', () => undefined);
        resolve(socket);
      });
    });
  }

  /** From a user, for the client. */
  private receive(content: Buffer, { address, port }: RemoteInfo): void {
    // From port 0, which is nobody's: it could not be answered.
    if (port === 0 || !this.isOpen || !this.hasRoom()) return;
    const cut = content.length > this.maxDatagramBytes ? content.subarray(0, this.maxDatagramBytes) : content;
    if (this.bucket?.tryTake(cut.length) === false) return;
    const { runtime } = this.context;
    const [ip = '', zone = ''] = plainAddress(address).split('%');
    this.peers.note(ip, port, runtime.nowMs());
    const remote = { ip, port, zone };
    if (this.channel !== undefined) this.pass(cut, remote);
    else this.waiting.push({ content: cut, from: remote });
  }

  private hasRoom(): boolean {
    return this.channel === undefined ? this.waiting.length < MAX_WAITING : this.channel.takesMore;
  }

  private pass(content: Buffer, from: UdpAddress): void {
    if (this.channel?.send(content, from) === true) this.counter.inBytes += content.length;
  }
}

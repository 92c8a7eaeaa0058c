import { type Server, type Socket, createServer } from 'node:net';
import type { GatewayConfig } from '../config/gateway-config';
import type { GatewayRuntime } from '../gateway-runtime';
import { listenOn } from '../listener/listen-on';
import type { Ticking } from '../ticker';
import { DomainOwners } from './domain-owners';
import { HttpVhost } from './http/http-vhost';
import { readNotFoundPage } from './http/not-found-page';
import { ClientHelloReader } from './tls/client-hello';
import { HttpsVhost } from './tls/https-vhost';

/** What the bind port does with users of http and https proxies that come to it. */
export interface SharedPorts {
  /** Takes a user's connection; absent where http proxies have a port of their own, or none. */
  readonly takeHttp: ((socket: Socket, head: Buffer) => void) | undefined;
  /**
   * Takes a TLS connection when its ClientHello names an https proxy; absent where these have a port of their own, or none.
   * @returns `undefined` when the head is too short to tell
   */
  readonly takeTls: ((socket: Socket, head: Buffer) => boolean | undefined) | undefined;
}

/** The ports of http and https proxies: their own, or the one that clients come to. */
export class VhostPorts implements Ticking {
  readonly http: HttpVhost | undefined;
  readonly https: HttpsVhost | undefined;
  private readonly servers: Server[] = [];

  /** @throws the file system's error when the not-found page can't be read */
  constructor(
    private readonly config: GatewayConfig,
    private readonly runtime: GatewayRuntime,
  ) {
    const { httpPort, httpsPort, responseHeaderTimeoutMs, custom404Page } = config.vhost;
    const { flusher, endings } = runtime;
    const now = (): number => runtime.nowMs();
    const owners = new DomainOwners();
    if (httpPort > 0) {
      const notFoundPage = readNotFoundPage(custom404Page);
      this.http = new HttpVhost({
        flusher,
        endings,
        now,
        owners,
        responseHeadMs: responseHeaderTimeoutMs,
        notFoundPage,
      });
    }
    if (httpsPort > 0) this.https = new HttpsVhost({ flusher, now, owners });
  }

  get shared(): SharedPorts {
    const { httpPort, httpsPort } = this.config.vhost;
    const { http, https } = this;
    return {
      takeHttp:
        http !== undefined && this.isShared(httpPort)
          ? (socket, head) => {
              http.takeSocket(socket, head);
            }
          : undefined,
      takeTls:
        https !== undefined && this.isShared(httpsPort) ? (socket, head) => takeTls(https, socket, head) : undefined,
    };
  }

  /** Opens the ports that are not shared. @throws the system's error */
  async listen(): Promise<void> {
    const { httpPort, httpsPort } = this.config.vhost;
    for (const [vhost, port] of [
      [this.http, httpPort],
      [this.https, httpsPort],
    ] as const) {
      if (vhost === undefined || this.isShared(port)) continue;
      await this.open(port, (socket) => {
        vhost.takeSocket(socket);
      });
    }
  }

  tick(nowMs: number): void {
    this.http?.tick(nowMs);
    this.https?.tick(nowMs);
  }

  /** Takes no more users, and ends the connections of those who have no request under way. */
  stopListening(): void {
    for (const server of this.servers) server.close();
    this.http?.leaveSoon();
  }

  /** Cuts those that are there. */
  close(): void {
    this.http?.close();
    this.https?.close();
  }

  private isShared(port: number): boolean {
    const { bind, proxyHost } = this.config;
    return port === bind.port && proxyHost === bind.host;
  }

  private open(port: number, take: (socket: Socket) => void): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      try {
        take(socket);
      } catch (error) {
        this.runtime.reportFault('user', error);
        socket.destroy();
      }
    });
    this.servers.push(server);
    return listenOn(server, this.config.proxyHost, port);
  }
}

/** What was read of ClientHellos that come in pieces: each is looked at once. */
const hellos = new WeakMap<Socket, ClientHelloReader>();

/** Clients and users of https proxies both begin with a ClientHello: who names a proxy is a user. */
function takeTls(https: HttpsVhost, socket: Socket, head: Buffer): boolean | undefined {
  const hello = hellos.get(socket) ?? new ClientHelloReader();
  hellos.set(socket, hello);
  const server = hello.push(head.subarray(hello.seenBytes));
  switch (server.kind) {
    case 'need-more':
      return undefined;
    case 'found':
      if (https.find(server.name) === undefined) return false;
      https.takeSocket(socket, head);
      return true;
    case 'none':
    case 'bad':
      return false;
  }
}

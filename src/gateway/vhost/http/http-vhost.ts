import type { Socket } from 'node:net';
import { type ByteStream, type EndingRelays, Relay, SocketStream, type TurnFlusher } from '@tollgate/stream-kit';
import { plainAddress } from '../../listener/client-connection';
import { PendingConnections } from '../../listener/pending-connections';
import type { DomainOwners } from '../domain-owners';
import { VHOST_LIMITS } from '../limits';
import { VhostRoutes } from '../vhost-routes';
import type { OwnAnswer } from './exchange-user';
import { type Http1Context, Http1User } from './http1-user';
import { Http2Connections } from './http2-connections';
import type { HttpRoute, HttpTarget } from './http-target';
import { notFoundAnswer, readNotFoundPage } from './not-found-page';
import { OpeningConnection } from './opening-connection';
import { TargetPool } from './target-pool';

export interface HttpVhostOptions {
  readonly flusher: TurnFlusher;
  /** Told the time by its owner. */
  readonly endings: EndingRelays;
  /** Monotone milliseconds. */
  readonly now: () => number;
  /** How long a service may take for the head of its response, in milliseconds; then the user gets 504. frp: `vhostHTTPTimeout`, 60 s. */
  readonly responseHeadMs?: number;
  /** See `readNotFoundPage`; the built-in page unless told. */
  readonly notFoundPage?: Buffer;
  /** Shared with the vhost of https: a domain is one tenant's, whatever is spoken there. */
  readonly owners?: DomainOwners;
  readonly maxUserConnections?: number;
  readonly maxPending?: number;
  readonly maxPendingPerAddress?: number;
}

const DEFAULT_RESPONSE_HEAD_MS = 60_000;

/**
 * The HTTP server in front of all proxies of type http: routes each request, changes what is to be changed in its head, and passes it
 * on to a service and the answer back (frp `pkg/util/vhost/http.go`, §6.4 of the protocol reference).
 */
export class HttpVhost implements Http1Context {
  readonly routes: VhostRoutes<HttpRoute>;
  readonly responseHeadMs: number;
  private readonly endings: EndingRelays;
  private readonly flusher: TurnFlusher;
  private readonly maxUserConnections: number;
  private readonly pools = new Map<HttpTarget, TargetPool>();
  /** Connections that have not said whether they speak HTTP/1 or HTTP/2. */
  private readonly openings = new Set<OpeningConnection>();
  private readonly users = new Set<Http1User>();
  private readonly relays = new Set<Relay>();
  private readonly pending: PendingConnections;
  private readonly http2: Http2Connections;
  private notFoundPage: OwnAnswer;
  private refused = 0;

  constructor(private readonly options: HttpVhostOptions) {
    const { maxPending = VHOST_LIMITS.maxPending, maxPendingPerAddress = VHOST_LIMITS.maxPendingPerAddress } = options;
    this.routes = new VhostRoutes(options.owners);
    this.flusher = options.flusher;
    this.endings = options.endings;
    this.responseHeadMs = options.responseHeadMs ?? DEFAULT_RESPONSE_HEAD_MS;
    this.maxUserConnections = options.maxUserConnections ?? VHOST_LIMITS.maxUserConnections;
    this.notFoundPage = notFoundAnswer(options.notFoundPage ?? readNotFoundPage());
    this.pending = new PendingConnections({
      maxPending,
      maxPendingPerAddress,
      handshakeMs: VHOST_LIMITS.requestHeadMs,
    });
    this.http2 = new Http2Connections(this);
  }

  /** Connections of users, whatever they are about. */
  get connectionCount(): number {
    return this.openings.size + this.users.size + this.relays.size + this.http2.count;
  }

  /** Connections that were closed unheard because there were too many. */
  get refusedCount(): number {
    return this.refused;
  }

  /** Connections to services that wait for a request. */
  idleConnections(target: HttpTarget): number {
    return this.pools.get(target)?.idleCount ?? 0;
  }

  /**
   * Takes a user's connection.
   * @param head bytes that were read of it already
   */
  takeSocket(socket: Socket, head?: Buffer): void {
    if (this.connectionCount >= this.maxUserConnections) {
      this.refuse(socket);
      return;
    }
    const opening = new OpeningConnection(socket, {
      takeHttp1: (first) => {
        this.takeHttp1(socket, first, opening);
      },
      takeHttp2: () => {
        this.openings.delete(opening);
        this.pending.delete(opening);
        this.http2.take(socket);
      },
      onGone: () => {
        this.openings.delete(opening);
        this.pending.delete(opening);
      },
      onFault: (error) => {
        this.onFault(error);
      },
    });
    if (!this.pending.add(opening, this.now())) {
      this.refuse(socket);
      return;
    }
    this.openings.add(opening);
    opening.begin(head);
  }

  /** The target is no longer there: its idle connections are cut. Requests under way end by themselves. Its routes are the caller's to delete. */
  drop(target: HttpTarget): void {
    this.pools.get(target)?.close();
    this.pools.delete(target);
  }

  /** What connections of the target's are held to has changed: those that were made before take no further request. */
  renew(target: HttpTarget): void {
    this.pools.get(target)?.renew();
  }

  /** Requests that are under way are answered; connections without one are ended, those of users as well as those to services. */
  leaveSoon(): void {
    for (const user of [...this.users]) user.leaveSoon();
    this.http2.leaveSoon();
    for (const pool of this.pools.values()) pool.close();
  }

  setNotFoundPage(page: Buffer): void {
    this.notFoundPage = notFoundAnswer(page);
  }

  /** To be called about once a second. */
  tick(nowMs: number): void {
    this.pending.tick(nowMs);
    for (const user of this.users) this.tickUser(user, nowMs);
    this.http2.tick(nowMs);
    for (const pool of this.pools.values()) pool.tick(nowMs);
  }

  /** Cuts all connections. */
  close(): void {
    this.pending.close();
    for (const user of this.users) user.destroy();
    for (const relay of this.relays) relay.stop();
    this.http2.close();
    for (const pool of this.pools.values()) pool.close();
    this.pools.clear();
  }

  now(): number {
    return this.options.now();
  }

  notFound(): OwnAnswer {
    return this.notFoundPage;
  }

  poolOf(target: HttpTarget): TargetPool {
    let pool = this.pools.get(target);
    if (pool === undefined) {
      pool = new TargetPool(target);
      this.pools.set(target, pool);
    }
    return pool;
  }

  join(user: ByteStream, backend: ByteStream, onEnd: () => void): void {
    const joined: { relay?: Relay; isOver: boolean } = { isOver: false };
    const owner = {
      // Whoever wants to count does so where the target connects.
      count: () => undefined,
      onClose: () => {
        joined.isOver = true;
        if (joined.relay !== undefined) this.relays.delete(joined.relay);
        onEnd();
      },
    };
    joined.relay = new Relay(user, backend, owner, { endings: this.endings });
    // Both may have been closed before they were joined.
    if (!joined.isOver) this.relays.add(joined.relay);
  }

  onFault(error: unknown): void {
    this.flusher.report(error);
  }

  onClosed(user: Http1User): void {
    this.users.delete(user);
  }

  private takeHttp1(socket: Socket, first: Buffer, opening: OpeningConnection): void {
    this.openings.delete(opening);
    const peer = { address: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 };
    const stream = new SocketStream(socket, { flusher: this.flusher });
    stream.unshift(first);
    const user = new Http1User(stream, peer, this, () => {
      this.pending.delete(opening);
    });
    this.users.add(user);
    user.listen();
  }

  private tickUser(user: Http1User, nowMs: number): void {
    try {
      user.tick(nowMs);
    } catch (error) {
      user.destroy();
      this.onFault(error);
    }
  }

  private refuse(socket: Socket): void {
    this.refused += 1;
    socket.destroy();
  }
}

import { VHOST_LIMITS } from '../limits';
import { BackendConnection, type ConnectionPool } from './backend-connection';
import { BasicAuth } from './basic-auth';
import { type HeaderEdits, compileEdits } from './header-edits';
import { isFieldValue } from './header-block';
import type { HttpTarget, UserAddress } from './http-target';
import type { RequestEdits } from './outgoing-head';

const MAX_KEPT = VHOST_LIMITS.maxIdleConnections + VHOST_LIMITS.maxSpareConnections;

/** What is known of a target: what it asks for, made ready, and its idle connections. */
export class TargetPool implements ConnectionPool {
  readonly auth: BasicAuth | undefined;
  readonly requestEdits: RequestEdits;
  readonly responseEdits: HeaderEdits;
  /** Requests under way, upgraded connections included. */
  active = 0;
  /** The longest idle first. */
  private readonly idle: BackendConnection[] = [];
  private isClosed = false;
  private generation = 0;

  constructor(private readonly target: HttpTarget) {
    const { options } = target;
    const { rewriteHost = '' } = options;
    this.auth = BasicAuth.of(options);
    this.requestEdits = {
      rewriteHost: rewriteHost === '' || !isFieldValue(rewriteHost) ? undefined : rewriteHost,
      headers: compileEdits(options.headers),
    };
    this.responseEdits = compileEdits(options.responseHeaders);
  }

  get idleCount(): number {
    return this.idle.length;
  }

  get isFull(): boolean {
    return this.active >= VHOST_LIMITS.maxTargetRequests;
  }

  /** The connection that was used last. */
  takeIdle(): BackendConnection | undefined {
    for (;;) {
      const connection = this.idle.pop();
      if (connection === undefined || connection.isUsable) return connection;
      connection.destroy();
    }
  }

  /** @throws when there is none to be had */
  async connect(user: UserAddress): Promise<BackendConnection> {
    const { generation } = this;
    const connection = new BackendConnection(await this.target.connect(user), this);
    connection.generation = generation;
    return connection;
  }

  /** Keeps a connection for the next request, unless it is of no use or there are enough. */
  release(connection: BackendConnection, nowMs: number): void {
    const isOld = connection.generation !== this.generation;
    if (this.isClosed || isOld || !connection.isUsable || this.idle.length >= MAX_KEPT) {
      connection.destroy();
      return;
    }
    connection.idleSinceMs = nowMs;
    connection.isReused = true;
    this.idle.push(connection);
  }

  /** Connections of before are not kept for another request. */
  renew(): void {
    this.generation += 1;
    this.cutIdle();
  }

  dropIdle(connection: BackendConnection): void {
    const index = this.idle.indexOf(connection);
    if (index !== -1) this.idle.splice(index, 1);
  }

  tick(nowMs: number): void {
    const { idle } = this;
    let dropped = 0;
    for (const { idleSinceMs } of idle) {
      const isSpare = idle.length - dropped > VHOST_LIMITS.maxIdleConnections;
      if (nowMs - idleSinceMs < (isSpare ? VHOST_LIMITS.spareIdleMs : VHOST_LIMITS.backendIdleMs)) break;
      dropped += 1;
    }
    for (const connection of idle.splice(0, dropped)) connection.destroy();
  }

  /** Cuts idle connections, now and from now on. Requests under way end by themselves. */
  close(): void {
    this.isClosed = true;
    this.cutIdle();
  }

  private cutIdle(): void {
    for (const connection of this.idle.splice(0)) connection.destroy();
  }
}

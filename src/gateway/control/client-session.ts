import {
  type FrpMessage,
  type MessageOf,
  type OutgoingMessage,
  StreamKey,
  type WireCodec,
  codecOnWorkConns,
  errorTexts,
} from '@tollgate/frp-wire';
import type { ByteStream } from '@tollgate/stream-kit';
import type { TunnelToken } from '@tollgate/tunnel-tokens';
import type { ClientConnection } from '../listener/client-connection';
import type { Proxy } from '../proxies/proxy';
import { UnheardProxies } from '../work-conns/unheard-proxies';
import { WorkPool, type WorkWaiter } from '../work-conns/work-pool';
import type { ControlChannel } from './control-channel';

/** Connections that a pool keeps beyond what the client wanted in advance (frp `server/control.go`, NewControl). */
const SPARE_WORK_CONNECTIONS = 10;

/** What is settled by a login. */
export interface SessionIdentity {
  readonly runId: string;
  /** Which of the logins with that run id it is: a later one replaces an earlier one, and never the other way round. */
  readonly generation: number;
  readonly login: MessageOf<'login'>;
  /** As it was at the login. */
  readonly token: TunnelToken;
  readonly codec: WireCodec;
  readonly connection: ClientConnection;
  /** When it logged in, in milliseconds since the Unix epoch. */
  readonly connectedAtMs: number;
}

export interface SessionOptions {
  /** Most work connections that are asked for in advance, whatever the client wants. */
  readonly maxPoolCount: number;
  readonly userConnectionTimeoutMs: number;
  /** Users that may wait for this client at a time. */
  readonly maxWaitingUsers: number;
  /** How long a client may go without a Ping, in milliseconds; 0: for ever. */
  readonly heartbeatTimeoutMs: number;
  /** Whether Pings carry the login key (`auth.additionalScopes`). */
  readonly checkPing: (ping: MessageOf<'ping'>, token: TunnelToken) => boolean;
  /** Monotone milliseconds. */
  readonly nowMs: () => number;
  readonly schedule: (delayMs: number, task: () => void) => void;
}

/** What a session leaves to others. */
export interface SessionOwner {
  newProxy(session: ClientSession, message: MessageOf<'newProxy'>): Promise<OutgoingMessage>;
  closeProxy(session: ClientSession, name: string): void;
  closeProxies(session: ClientSession): void;
  /** It is over, and so is all that it had. Called once. */
  onClose(session: ClientSession, error?: Error): void;
}

/** A client that has logged in (frp's Control): its proxies, its work connections, and what is said on its control. */
export class ClientSession {
  /** By name. */
  readonly proxies = new Map<string, Proxy>();
  /** Of the token that the client has logged in with: it stays what it was, whatever becomes of the token. */
  readonly key: StreamKey;
  readonly workPool: WorkPool;
  /** How messages on work connections look. */
  readonly workCodec: WireCodec;
  private readonly unheard: UnheardProxies;
  private channel: ControlChannel | undefined;
  private lastPingMs: number;
  private isOver = false;

  constructor(
    readonly identity: SessionIdentity,
    private readonly options: SessionOptions,
    private readonly owner: SessionOwner,
  ) {
    const { token, codec, login } = identity;
    this.key = new StreamKey(token.token);
    this.workCodec = codecOnWorkConns(codec, login.version);
    this.lastPingMs = options.nowMs();
    this.workPool = new WorkPool({
      capacity: this.poolCount + SPARE_WORK_CONNECTIONS,
      maxWaiters: options.maxWaitingUsers,
      waitMs: options.userConnectionTimeoutMs,
      request: () => {
        this.channel?.send({ type: 'reqWorkConn' });
      },
    });
    this.unheard = new UnheardProxies({
      maxWaiters: options.maxWaitingUsers,
      take: (waiter) => this.workPool.take(waiter, options.nowMs()),
      schedule: options.schedule,
    });
  }

  get isClosed(): boolean {
    return this.isOver;
  }

  /** Ports that its proxies have. */
  get portCount(): number {
    let count = 0;
    for (const proxy of this.proxies.values()) count += proxy.portCount;
    return count;
  }

  /** @param channel ready to be read; this session is its owner */
  start(channel: ControlChannel): void {
    this.channel = channel;
    for (let i = 0; i < this.poolCount; i += 1) channel.send({ type: 'reqWorkConn' });
    channel.start();
  }

  /** For the control's channel. */
  onMessage(message: FrpMessage): Promise<void> | undefined {
    switch (message.type) {
      case 'ping':
        this.answerPing(message);
        return undefined;
      case 'newProxy': {
        const answered = this.unheard.begin(message.proxyName);
        return this.owner.newProxy(this, message).then(
          (answer) => {
            this.channel?.send(answer);
            answered();
          },
          (error: unknown) => {
            // A fault of ours must not take the other clients along.
            this.close(error instanceof Error ? error : new Error(String(error)));
          },
        );
      }
      case 'closeProxy':
        this.owner.closeProxy(this, message.proxyName);
        return undefined;
      default:
        // Known and not for us, as the brokering of xtcp: frps says nothing either.
        return undefined;
    }
  }

  /** For the control's channel. */
  onClose(error?: Error): void {
    this.finish(error);
    // frpc does so itself as soon as its control ends; whoever does not is no frpc.
    this.identity.connection.destroy();
  }

  /** @param proxyName whose user it is for. @returns takes the wish back */
  takeWorkConnection(waiter: WorkWaiter, proxyName: string): () => void {
    return this.unheard.take(proxyName, waiter);
  }

  /** @returns `false` when there are enough */
  offerWorkConnection(stream: ByteStream): boolean {
    return this.workPool.offer(stream);
  }

  tick(nowMs: number): void {
    const { heartbeatTimeoutMs } = this.options;
    if (heartbeatTimeoutMs > 0 && nowMs - this.lastPingMs > heartbeatTimeoutMs) {
      this.close(new Error('no heartbeat'));
      return;
    }
    this.workPool.tick(nowMs);
    for (const proxy of this.proxies.values()) proxy.tick?.(nowMs);
  }

  /** Ends it: its proxies first, so that what they hold is free when this returns, then its control, then its connection. */
  close(error?: Error): void {
    if (this.isOver) return;
    this.finish(error);
    this.channel?.end();
    this.identity.connection.end();
  }

  private get poolCount(): number {
    return Math.max(0, Math.min(this.identity.login.poolCount, this.options.maxPoolCount));
  }

  private answerPing(ping: MessageOf<'ping'>): void {
    if (!this.options.checkPing(ping, this.identity.token)) {
      this.channel?.send({ type: 'pong', error: errorTexts.pingTokenMismatch });
      return;
    }
    this.lastPingMs = this.options.nowMs();
    this.channel?.send({ type: 'pong' });
  }

  private finish(error: Error | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    this.owner.closeProxies(this);
    this.workPool.close();
    this.unheard.close();
    this.owner.onClose(this, error);
  }
}

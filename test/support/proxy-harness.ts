import { randomBytes } from 'node:crypto';
import {
  type FrpMessage,
  type MessageOf,
  type OutgoingMessage,
  type OutgoingMessageOf,
  v1Codec,
} from '@tollgate/frp-wire';
import { EndingRelays, TurnFlusher } from '@tollgate/stream-kit';
import { type PairedStream, streamPair } from '@tollgate/testing';
import { readTunnelToken, type TunnelToken } from '@tollgate/tunnel-tokens';
import { ClientSession } from '../../src/gateway/control/client-session';
import type { GatewayRuntime } from '../../src/gateway/gateway-runtime';
import type { ClientConnection } from '../../src/gateway/listener/client-connection';
import type { MonthGate, ProxyContext } from '../../src/gateway/proxies/proxy-context';
import { SharedUse } from '../../src/gateway/proxies/shared-use';
import { TenantUse } from '../../src/gateway/proxies/tenant-use';
import { Ticker } from '../../src/gateway/ticker';
import { TrafficCounter } from '../../src/gateway/traffic/traffic-counter';

export function tunnelToken(settings: object = {}, value = 'secret-token'): TunnelToken {
  const parsed = readTunnelToken(value, { token: value, region: 'eu', enabled: true, ...settings });
  if (parsed.kind !== 'token') throw new Error(`${parsed.field} ${parsed.reason}`);
  return parsed.token;
}

/** A message as it arrives, with what it does not say. */
export function arrived<T extends FrpMessage['type']>(message: OutgoingMessage & { readonly type: T }): MessageOf<T> {
  const decoder = v1Codec.decoder();
  decoder.push(v1Codec.encode(message));
  return decoder.next() as MessageOf<T>;
}

/** The session of a client in memory, and what a proxy of it is made of. Time stands still until {@link advance}. */
export class ProxyHarness {
  nowMs = 0;
  month: MonthGate = 'open';
  /** How many of its users' connections have ended. */
  ended = 0;
  readonly faults: unknown[] = [];
  readonly counter = new TrafficCounter('tt_1', 'web');
  readonly session: ClientSession;
  readonly use: TenantUse;
  readonly runtime: GatewayRuntime;
  private tasks: { readonly atMs: number; readonly task: () => void }[] = [];

  constructor(token = tunnelToken(), connection?: ClientConnection) {
    const nowMs = (): number => this.nowMs;
    const schedule = (delayMs: number, task: () => void): void => {
      this.tasks.push({ atMs: this.nowMs + delayMs, task });
    };
    this.runtime = {
      flusher: new TurnFlusher(),
      endings: new EndingRelays(),
      ticker: new Ticker(nowMs),
      randomBytes,
      nowMs,
      schedule,
      reportFault: (_where: string, error: unknown) => {
        this.faults.push(error);
      },
    };
    this.use = new TenantUse(
      () => token,
      () => this.month,
      new SharedUse(this.runtime),
    );
    const none: ClientConnection = {
      peer: {
        address: '192.0.2.9',
        port: 1,
        localAddress: '192.0.2.8',
        localPort: 7_000,
        isTls: false,
        isWebSocket: false,
        serverName: undefined,
      },
      isMultiplexed: false,
      end: () => undefined,
      destroy: () => undefined,
    };
    this.session = new ClientSession(
      {
        runId: 'run',
        generation: 1,
        login: arrived<'login'>({ type: 'login', version: '0.70.1', poolCount: 1 }),
        token,
        codec: v1Codec,
        connection: connection ?? none,
        connectedAtMs: 0,
      },
      {
        maxPoolCount: 5,
        userConnectionTimeoutMs: 10_000,
        maxWaitingUsers: 10,
        heartbeatTimeoutMs: 0,
        checkPing: () => true,
        nowMs,
        schedule,
      },
      {
        newProxy: () => Promise.reject(new Error('there are none')),
        closeProxy: () => undefined,
        closeProxies: () => undefined,
        onClose: () => undefined,
      },
    );
  }

  context(message: Partial<OutgoingMessageOf<'newProxy'>> = {}): ProxyContext {
    return {
      session: this.session,
      message: arrived<'newProxy'>({ proxyName: 'web', ...message, type: 'newProxy' }),
      counter: this.counter,
      bucket: undefined,
      gate: this.use,
      traffic: {
        connectionClosed: () => {
          this.ended += 1;
        },
      },
      runtime: this.runtime,
    };
  }

  /** Brings a work connection. @returns the client's end */
  bring(prepare?: (client: PairedStream) => void): PairedStream {
    const [near, client] = streamPair();
    near.pause();
    prepare?.(client);
    client.pump();
    this.session.offerWorkConnection(near);
    return client;
  }

  advance(byMs: number): void {
    this.nowMs += byMs;
    const due = this.tasks.filter(({ atMs }) => atMs <= this.nowMs);
    this.tasks = this.tasks.filter(({ atMs }) => atMs > this.nowMs);
    for (const { task } of due) task();
  }
}

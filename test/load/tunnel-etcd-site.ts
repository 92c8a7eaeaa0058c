import { type EtcdForTests, startEtcd } from '../support/etcd-server';
import { freePort } from '../support/free-port';
import type { FrpClient } from '../support/frp-client';
import { type GatewayProcess, startGateway } from '../support/gateway-process';
import { type TcpRelay, startTcpRelay } from '../support/tcp-relay';
import { GatewayLook } from './tunnel-gateway-look';
import { echo } from './tunnel-services';
import { logIn, loginResult, openTcp, within } from './tunnel-site';
import { EchoUser } from './tunnel-user';

const PREFIX = '/frp/tokens/';
/** Changes in one transaction, so that they come as fast as etcd can tell them; it takes 128. */
const TOGETHER = 100;
/** Transactions on their way to etcd at once. */
const WRITERS = 8;
const ASK_EVERY_MS = 20;

/** After which a test no longer waits for what has long been too late. */
const PATIENCE_MS = 30_000;

/** What a login with a token that is not there is told. */
export const UNKNOWN = "token in login doesn't match token from configuration";
/** Two questions of the gateway whether etcd is there, with the time that an answer may take. */
export const NOTICED_MS = 10_000;
/** The longest pause between two tries to find it again, and the try itself. */
export const RETURN_MS = 6_000;

/** A key with what is to become of it; without a value it goes. */
export interface Change {
  readonly token: string;
  readonly value?: string | Buffer;
}

/** A client with a user on its tunnel who asks all the time. */
export interface UsedTunnel {
  readonly client: FrpClient;
  readonly user: EchoUser;
}

/** What users write into etcd by hand. */
export function documentOf(token: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ token, region: 'eu', enabled: true, ...fields });
}

/** Does something with each of many, several at a time, in their order. */
export async function atOnce<T>(workers: number, items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
    }),
  );
}

/** Resolves when all these clients are closed. @throws when one is not in time */
export async function untilCut(clients: readonly FrpClient[]): Promise<void> {
  await within(PATIENCE_MS, Promise.all(clients.map(async ({ closed }) => closed)), 'cut');
}

/** An etcd, and a gateway of region `eu` that reaches it by a relay. */
export class EtcdSite {
  private running: { readonly gateway: GatewayProcess; readonly look: GatewayLook } | undefined;
  private bindPort = 0;

  private constructor(
    readonly etcd: EtcdForTests,
    readonly relay: TcpRelay,
  ) {}

  /** Without the gateway yet. */
  static async open(): Promise<EtcdSite> {
    const etcd = await startEtcd();
    return new EtcdSite(etcd, await startTcpRelay(etcd.port));
  }

  get gateway(): GatewayProcess {
    return this.started.gateway;
  }

  get look(): GatewayLook {
    return this.started.look;
  }

  async startGateway(): Promise<void> {
    this.bindPort = await freePort();
    const gateway = await startGateway(`bindPort = ${String(this.bindPort)}\n`, {
      env: {
        ETCD_ENDPOINTS: `http://127.0.0.1:${String(this.relay.port)}`,
        ETCD_REGION: 'eu',
        // A test asks for tokens that are gone more often than anybody may.
        GATEWAY_MAX_LOGIN_FAILURES_PER_ADDRESS: '100000',
        GATEWAY_MAX_LOGIN_FAILURES: '100000',
      },
    });
    this.running = { gateway, look: new GatewayLook(gateway.url) };
  }

  async stop(): Promise<void> {
    await this.running?.gateway.stop();
    await this.relay.stop();
    await this.etcd.stop();
  }

  async put(token: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.putRaw(token, documentOf(token, fields));
  }

  async putRaw(token: string, value: string): Promise<void> {
    await this.etcd.client.put(PREFIX + token).value(value);
  }

  async remove(token: string): Promise<void> {
    await this.etcd.client.delete().key(PREFIX + token);
  }

  /** Many at a time, in their order as far as transactions at once have one. */
  async writeAll(changes: readonly Change[]): Promise<void> {
    const transactions = Array.from({ length: Math.ceil(changes.length / TOGETHER) }, (_, n) =>
      changes.slice(n * TOGETHER, (n + 1) * TOGETHER),
    );
    await atOnce(WRITERS, transactions, async (transaction) => {
      await this.etcd.client.kv.txn({
        success: transaction.map(({ token, value }) => {
          const key = Buffer.from(PREFIX + token);
          return value === undefined
            ? { request_delete_range: { key } }
            : { request_put: { key, value: Buffer.from(value) } };
        }),
      });
    });
  }

  /** Forgets how the keys came to be what they are now. */
  async compact(): Promise<void> {
    const { kv } = this.etcd.client;
    const { header } = await kv.range({ key: Buffer.from(PREFIX), count_only: true });
    await kv.compact({ revision: header.revision, physical: true });
  }

  async logIn(token: string): Promise<FrpClient> {
    return logIn(this.bindPort, token);
  }

  async loginResult(token: string): Promise<string> {
    return loginResult(this.bindPort, token);
  }

  async tunnel(token: string): Promise<UsedTunnel> {
    const client = await this.logIn(token);
    return { client, user: await EchoUser.connect(await openTcp(client, { handler: echo }), ASK_EVERY_MS) };
  }

  private get started(): { readonly gateway: GatewayProcess; readonly look: GatewayLook } {
    if (this.running === undefined) throw new Error('the gateway has not been started');
    return this.running;
  }
}

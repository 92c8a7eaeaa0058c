import type { WireVersion } from '@tollgate/frp-wire';
import { type EtcdForTests, startEtcd } from '../../support/etcd-server';
import { freePort } from '../../support/free-port';
import { type GatewayProcess, startGateway } from '../../support/gateway-process';
import type { ClientPlan, RunningClient } from '../matrix/plans';

/** Where users put their tokens by hand. */
export const PREFIX = '/frp/tokens/';
const HOUR_MS = 3_600_000;

interface Case {
  readonly what: string;
  readonly token: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly sentence: string;
}

/** Tokens that may not log in, and what their clients are told. */
export const REFUSED_LOGINS: readonly Case[] = [
  { what: 'of another region', token: 'elsewhere', fields: { region: 'us' }, sentence: 'region mismatch' },
  { what: 'that is disabled', token: 'disabled', fields: { enabled: false }, sentence: 'token disabled' },
  {
    what: 'whose account is suspended',
    token: 'suspended',
    fields: { suspended: true },
    sentence: 'token disabled',
  },
  {
    what: 'that has expired',
    token: 'expired',
    fields: { expiresAt: new Date(Date.now() - HOUR_MS).toISOString() },
    sentence: 'token expired',
  },
  {
    what: 'of other addresses',
    token: 'far-away',
    fields: { allowIPs: ['192.0.2.0/24'] },
    sentence: 'address not allowed',
  },
  // Not the sentence of a gateway of another region: the document says nothing of one.
  { what: 'without a region', token: 'nowhere', fields: { region: undefined }, sentence: 'token disabled' },
];

/** A gateway of the region `eu` with its tokens in etcd, put there before it starts. */
export class TenantSite {
  etcd!: EtcdForTests;
  serverPort = 0;
  private gateway: GatewayProcess | undefined;

  async start(tokens: readonly Pick<Case, 'token' | 'fields'>[], toml = ''): Promise<void> {
    this.etcd = await startEtcd();
    this.serverPort = await freePort();
    for (const { token, fields } of tokens) await this.put(token, fields);
    this.gateway = await startGateway(`bindPort = ${String(this.serverPort)}\n${toml}`, {
      env: { ETCD_ENDPOINTS: this.etcd.endpoint, ETCD_REGION: 'eu' },
    });
  }

  async stop(): Promise<void> {
    await this.gateway?.stop();
    await this.etcd.stop();
  }

  async put(token: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.etcd.client.put(PREFIX + token).value(JSON.stringify({ token, region: 'eu', enabled: true, ...fields }));
  }

  planOf(token: string, plan: Partial<ClientPlan> = {}): ClientPlan {
    const { serverPort } = this;
    return { wire: 'v1', mux: true, tls: 'on', transport: 'tcp', serverPort, token, proxies: [], ...plan };
  }
}

/** What tenants read in the log of their client when they may not come in. */
export function describeTenantRefusals(startClient: (plan: ClientPlan) => Promise<RunningClient>): void {
  describe.each<WireVersion>(['v1', 'v2'])('whom the gateway does not let in, in %s', (wire) => {
    const site = new TenantSite();
    const clients: RunningClient[] = [];
    let allowed: readonly [number, number];
    let forbidden: number;

    beforeAll(async () => {
      allowed = [await freePort(), await freePort()];
      forbidden = await freePort();
      await site.start([
        ...REFUSED_LOGINS,
        { token: 'single', fields: { maxClients: 1 } },
        { token: 'ported', fields: { allowPorts: allowed.map((single) => ({ single })), maxPortsPerClient: 1 } },
      ]);
    });

    afterEach(async () => {
      await Promise.all(clients.splice(0).map(async (client) => client.stop()));
    });

    afterAll(async () => site.stop());

    async function start(token: string, proxies: ClientPlan['proxies'] = []): Promise<RunningClient> {
      const client = await startClient(site.planOf(token, { wire, proxies }));
      clients.push(client);
      return client;
    }

    it.each(REFUSED_LOGINS)('a token $what: $sentence', async ({ token, sentence }) => {
      expect((await start(token)).loginError).toBe(sentence);
    });

    it('a second client of a token that may have one: too many clients with this token', async () => {
      expect((await start('single')).loginError).toBeUndefined();
      expect((await start('single')).loginError).toBe('too many clients with this token');
    });

    it('a proxy on a port that is not of the token, and one more than it may have', async () => {
      const tcp = (name: string, remotePort: number) => ({ name, type: 'tcp', localPort: 9, remotePort });
      const off = await start('ported', [tcp('off', forbidden)]);
      expect(off).toMatchObject({ proxyErrors: { off: 'port not allowed' } });
      const many = await start('ported', [tcp('one', allowed[0]), tcp('two', allowed[1])]);
      // frpc asks for them in an order of its own.
      expect(Object.values(many.proxyErrors)).toEqual(['exceed the max_ports_per_client']);
    });
  });
}

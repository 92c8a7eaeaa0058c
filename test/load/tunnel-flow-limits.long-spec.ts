import { setTimeout as pause } from 'node:timers/promises';
import { describeWithEtcd, type EtcdForTests, startEtcd } from '../support/etcd-server';
import { FlowSite } from '../support/flow/flow-site';
import { pour } from '../support/flow/local-ends';
import { arrivalRate } from '../support/flow/measures';
import { FLOW_CLIENTS, type FlowProxy } from '../support/flow/tunnel-client';
import { freePort } from '../support/free-port';

const MEGABYTE = 1_048_576;
const BURST_MS = 2_000;
const LIMITED_MS = 10_000;
const TOKEN = 'limited-token';

type Direction = 'down' | 'up';
type Limit = Pick<FlowProxy, 'bandwidthLimit' | 'bandwidthLimitMode'>;

const DIRECTIONS = ['down', 'up'] as const;
const BY_SERVER: Limit = { bandwidthLimit: '10MB', bandwidthLimitMode: 'server' };
const BY_CLIENT: Limit = { bandwidthLimit: '10MB', bandwidthLimitMode: 'client' };

/** With what clients would have it otherwise. */
const EVASIONS: readonly Limit[] = [
  {},
  { bandwidthLimit: '100MB', bandwidthLimitMode: 'client' },
  { bandwidthLimit: '100MB', bandwidthLimitMode: 'server' },
];

describe.each(FLOW_CLIENTS)('bandwidth limits, with %s', (name, startClient) => {
  /** @returns MB a second of two connections of one proxy together, behind the burst */
  async function rateOf(site: FlowSite, limit: Limit, direction: Direction): Promise<number> {
    const service = await site.end(direction === 'down' ? pour : (socket) => socket.resume());
    const remotePort = await freePort();
    await site.connect([{ name: 'limited', localPort: service.port, remotePort, ...limit }]);
    const pair = [await site.user(remotePort), await site.user(remotePort)];
    if (direction === 'up') for (const socket of pair) pour(socket);
    await pause(500);
    const receivers = direction === 'down' ? pair : [...service.sockets];
    const rate = (await arrivalRate(receivers, BURST_MS, LIMITED_MS)) / MEGABYTE;
    process.stderr.write(`${name}: ${JSON.stringify(limit)}, ${direction}: ${rate.toFixed(2)} MB/s\n`);
    expect(receivers).toHaveLength(2);
    return rate;
  }

  function expectTen(rate: number): void {
    expect(rate).toBeGreaterThan(9.5);
    expect(rate).toBeLessThan(10.5);
  }

  describe('of a proxy', () => {
    const site = new FlowSite(startClient, TOKEN);
    beforeEach(async () => site.start(`auth.token = "${TOKEN}"\n`));
    afterEach(async () => site.stop());

    // Ours has no limiter of its own.
    const limits = name === 'frpc' ? [BY_SERVER, BY_CLIENT] : [BY_SERVER];
    it.each(limits.flatMap((limit) => DIRECTIONS.map((direction) => [limit, direction] as const)))(
      'hold two connections to 10 MB/s together: %j, %s',
      async (limit, direction) => {
        expectTen(await rateOf(site, limit, direction));
      },
    );
  });

  describeWithEtcd('of a token, where they are enforced', () => {
    const site = new FlowSite(startClient, TOKEN);
    let etcd: EtcdForTests;

    beforeEach(async () => {
      etcd = await startEtcd();
      const token = { token: TOKEN, region: 'eu', enabled: true, bandwidthLimit: '10MB' };
      await etcd.client.put(`/frp/tokens/${TOKEN}`).value(JSON.stringify(token));
      await site.start('', {
        env: { ETCD_ENDPOINTS: etcd.endpoint, ETCD_REGION: 'eu', GATEWAY_ENFORCE_BANDWIDTH: 'true' },
      });
    });

    afterEach(async () => {
      await site.stop();
      await etcd.stop();
    });

    it.each(EVASIONS.flatMap((limit) => DIRECTIONS.map((direction) => [limit, direction] as const)))(
      'hold a client that asks for %j to 10 MB/s, %s',
      async (limit, direction) => {
        expectTen(await rateOf(site, limit, direction));
      },
    );
  });
});

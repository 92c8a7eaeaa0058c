import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiProcess, startApi } from '../support/api-process';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import type { FrpClient, ProxyOptions } from '../support/frp-client';
import { type GatewayProcess, startGateway } from '../support/gateway-process';
import { type Tenant, expectStatus, newTenant } from '../support/hmac-client';
import { TUNNELS } from '../support/tunnel-stores';
import { SeededRandom } from './seeded-random';
import { type Accounts, type ReportedProxy, accountsInApi, accountsInTest } from './tunnel-accounts';
import { type ConnectionPlan, PlannedConnections, planTorn, planWhole } from './tunnel-connection';
import { GatewayLook } from './tunnel-gateway-look';
import { FailingReceiver } from './tunnel-receiver';
import { logIn, openTcp, say } from './tunnel-site';
import { type Passage, ProxyTruth } from './tunnel-truth';

const UINT32 = 2 ** 32;
const KEY = 'a-key-that-gateways-report-by-0123456789';
const CONNECTIONS = 1_000;
const AT_ONCE = 16;
/** One connection in so many is broken off in the middle. */
const TORN_ONE_IN = 10;
const KILLS = 10;
/** How long a gateway serves before it is killed: much longer than what may be lost. */
const SHORTEST_LIFE_MS = 2_000;
const LONGEST_LIFE_MS = 5_000;
/** By the contract. */
const MAY_BE_LOST_MS = 1_000;
/** Reports that failed again and again wait for each other; one that got no answer is tried again after ten seconds. */
const REPORTED_WITHIN_MS = 180_000;

/** A proxy, what its connections are, and what is known of their bytes. */
interface Tunnel extends ReportedProxy {
  readonly port: number;
  readonly connections: PlannedConnections;
  readonly truth: ProxyTruth;
  readonly plan: (random: SeededRandom) => ConnectionPlan;
}

interface Kind {
  readonly name: string;
  readonly fields: Partial<ProxyOptions>;
  readonly isTorn?: boolean;
}

const KINDS: readonly Kind[] = [
  { name: 'plain', fields: {} },
  { name: 'encrypted', fields: { useEncryption: true } },
  { name: 'compressed', fields: { useCompression: true } },
  { name: 'both', fields: { useEncryption: true, useCompression: true } },
  { name: 'limited', fields: { bandwidthLimit: '32MB', bandwidthLimitMode: 'server' } },
  { name: 'torn', fields: {}, isTorn: true },
  { name: 'torn-both', fields: { useEncryption: true, useCompression: true }, isTorn: true },
];

/** How the user's and the service's ends of a proxy compare with what was reported for it, in one direction. */
interface Balance {
  readonly what: string;
  readonly passage: Passage;
  readonly lowBytes: number;
  readonly reportedBytes: number;
  readonly highBytes: number;
}

describe.each<[string, (url: string, tenant: () => Tenant) => Accounts]>([
  ['a receiver that counts by the contract', () => accountsInTest(KEY)],
  ['the api', (url, tenant) => accountsInApi(url, tenant)],
])('bytes through tunnels, reported half in vain to %s', (receiverName, openAccounts) => {
  let dataDir: string;
  let api: ApiProcess;
  let tenant: Tenant;
  let accounts: Accounts;
  let receiver: FailingReceiver;
  let random: SeededRandom;
  let tokens: readonly { readonly id: string; readonly value: string }[];
  let bindPort: number;
  let gateway: GatewayProcess | undefined;
  let clients: FrpClient[];

  beforeEach(async () => {
    // Repeat a run by setting the variable to what it printed; what depends on time stays by chance.
    const seed = Number(process.env['TRAFFIC_SEED'] ?? randomInt(UINT32));
    say(`TRAFFIC_SEED=${String(seed)}`);
    random = new SeededRandom(seed);
    dataDir = mkdtempSync(join(tmpdir(), 'tollgate-bytes-'));
    api = await startApi({ dataDir, env: { TRAFFIC_REPORT_KEY: KEY } });
    tenant = await newTenant(api.url);
    tokens = await Promise.all(
      // One is reported for each megabyte, the other for closed connections alone.
      [1, 1_000].map(async (interval) => {
        const fields = { traffic_report_interval_mb: interval };
        const made = expectStatus(201, await tenant.call('POST', TUNNELS, fields));
        return { id: made.string('token_id'), value: made.string('token') };
      }),
    );
    accounts = openAccounts(api.url, () => tenant);
    receiver = await FailingReceiver.start(new SeededRandom(random.between(0, UINT32 - 1)), async (report) =>
      accounts.take(report),
    );
    bindPort = await freePort();
    clients = [];
  });
  afterEach(async () => {
    for (const client of clients) client.kill();
    await gateway?.stop('SIGKILL');
    await receiver.stop();
    await api.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<GatewayProcess> {
    gateway = await startGateway(`bindPort = ${String(bindPort)}\n`, {
      dataDir,
      env: { TENANT_SOURCE: 'embedded', TRAFFIC_REPORT_URL: receiver.url, TRAFFIC_REPORT_KEY: KEY },
    });
    return gateway;
  }

  /** A client for each token, with a proxy of each kind. */
  async function openTunnels(kinds: readonly Kind[], suffix = ''): Promise<readonly Tunnel[]> {
    const tunnels: Tunnel[] = [];
    for (const { id, value } of tokens) {
      const client = await logIn(bindPort, value);
      clients.push(client);
      for (const { name, fields, isTorn = false } of kinds) {
        const truth = new ProxyTruth();
        const connections = new PlannedConnections(truth);
        const port = await openTcp(client, connections.local, { ...fields, name: `${name}${suffix}` });
        const plan = isTorn ? planTorn : planWhole;
        tunnels.push({ tokenId: id, token: value, name: `${name}${suffix}`, port, connections, truth, plan });
      }
    }
    return tunnels;
  }

  /** Has connections go through random tunnels, several at once. @returns how many went by their plan */
  async function connect(tunnels: readonly Tunnel[], mayBegin: () => boolean, isDown = () => false): Promise<number> {
    const [whole, torn] = [planWhole, planTorn].map((kind) => tunnels.filter(({ plan }) => plan === kind));
    let finished = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (mayBegin() && !isDown()) {
          const isTorn = torn !== undefined && torn.length > 0 && random.between(1, TORN_ONE_IN) === 1;
          const tunnel = random.pick((isTorn ? torn : whole) ?? []);
          if (tunnel === undefined) throw new Error('no tunnel');
          const { connections, port, plan } = tunnel;
          if (await connections.run(port, plan(random), isDown)) finished += 1;
        }
      }),
    );
    return finished;
  }

  async function balancesOf(
    tunnels: readonly Tunnel[],
    lowOf: (passage: Passage) => number = ({ receivedBytes }) => receivedBytes,
  ): Promise<readonly Balance[]> {
    const balances: Balance[] = [];
    for (const tunnel of tunnels) {
      const { inBytes, outBytes } = await accounts.totalOf(tunnel);
      const token = tokens.findIndex(({ id }) => id === tunnel.tokenId);
      for (const [direction, passage, reportedBytes] of [
        ['in', tunnel.truth.in, inBytes],
        ['out', tunnel.truth.out, outBytes],
      ] as const) {
        const what = `${tunnel.name} ${direction}, token ${String(token)}`;
        balances.push({ what, passage, lowBytes: lowOf(passage), reportedBytes, highBytes: passage.sentBytes });
      }
    }
    return balances;
  }

  /** What was reported too little or too much, in words. */
  const faultsOf = (balances: readonly Balance[]): readonly string[] =>
    balances
      .filter(({ lowBytes, reportedBytes, highBytes }) => reportedBytes < lowBytes || reportedBytes > highBytes)
      .map(
        ({ what, lowBytes, reportedBytes, highBytes }) =>
          `${what}: ${String(reportedBytes)} reported, not ${String(lowBytes)} to ${String(highBytes)}`,
      );

  /** Proxies of which the two ends do not agree, so that nobody knows the truth. */
  const unclear = (balances: readonly Balance[]): readonly string[] =>
    balances.filter(({ lowBytes, highBytes }) => lowBytes !== highBytes).map(({ what }) => what);

  async function untilNothingIsLeft(url: string): Promise<void> {
    const look = new GatewayLook(url);
    await eventually(REPORTED_WITHIN_MS, async () => {
      expect(await look.reading('tollgate_gateway_outbox_reports')).toBe(0);
    });
  }

  function sayTries(): void {
    const tries = [...receiver.tries].sort().map(([what, count]) => `${what} ${String(count)}`);
    say(`  tries to report: ${tries.join(', ')}`);
    expect(receiver.tries.get('taken') ?? 0).toBeGreaterThan(0);
    expect([...receiver.tries.keys()].filter((what) => what.endsWith('after')).length).toBeGreaterThan(0);
  }

  it(`add up to what users sent and got, to the byte, over ${String(CONNECTIONS)} connections`, async () => {
    const running = await start();
    const tunnels = await openTunnels(KINDS);
    const begunMs = performance.now();
    let begun = 0;
    const finished = await connect(tunnels, () => (begun += 1) <= CONNECTIONS);
    const seconds = (performance.now() - begunMs) / 1_000;
    expect(finished).toBe(CONNECTIONS);
    for (const client of clients) await client.close();
    // All of it is with the receiver before the gateway ends, and nothing comes with its end.
    await eventually(REPORTED_WITHIN_MS, async () => {
      expect(faultsOf(await balancesOf(tunnels))).toEqual([]);
    });
    await untilNothingIsLeft(running.url);
    expect(await running.stop()).toBe(0);
    const balances = await balancesOf(tunnels);
    const whole = balances.filter(({ what }) => !what.startsWith('torn'));
    expect(unclear(whole)).toEqual([]);
    expect(faultsOf(balances)).toEqual([]);
    expect(accounts.faults).toEqual([]);
    const torn = balances.filter(({ what }) => what.startsWith('torn'));
    say(
      `${receiverName}: ${String(finished)} connections in ${seconds.toFixed(1)} s, ${megabytes(sum(whole, 'reportedBytes'))} MB through ` +
        `${String(whole.length / 2)} proxies, reported to the byte; of those broken off ${megabytes(sum(torn, 'lowBytes'))} MB came out, ` +
        `${megabytes(sum(torn, 'reportedBytes'))} MB were reported, ${megabytes(sum(torn, 'highBytes'))} MB sent`,
    );
    sayTries();
  });

  it(`are never too many, and lack at most a second's, when the gateway is killed ${String(KILLS)} times`, async () => {
    const kinds = KINDS.filter(({ name }) => name === 'plain' || name === 'both');
    const lives: { readonly tunnels: readonly Tunnel[]; readonly killedMs: number }[] = [];
    let finished = 0;
    for (let round = 1; round <= KILLS; round += 1) {
      const running = await start();
      // Names of their own, so that each life is accounted for by itself.
      const tunnels = await openTunnels(kinds, `-${String(round)}`);
      let isDown = false;
      const connecting = connect(
        tunnels,
        () => true,
        () => isDown,
      );
      await Promise.race([sleep(random.between(SHORTEST_LIFE_MS, LONGEST_LIFE_MS)), connecting]);
      const killedMs = performance.now();
      isDown = true;
      await running.stop('SIGKILL');
      finished += await connecting;
      for (const client of clients.splice(0)) client.kill();
      lives.push({ tunnels, killedMs });
    }
    const running = await start();
    const last = await openTunnels(kinds, '-last');
    let begun = finished;
    finished += await connect(last, () => (begun += 1) <= Math.max(CONNECTIONS, finished + AT_ONCE));
    for (const client of clients.splice(0)) await client.close();
    await eventually(REPORTED_WITHIN_MS, async () => {
      expect(faultsOf(await balancesOf(last))).toEqual([]);
    });
    await untilNothingIsLeft(running.url);
    expect(await running.stop()).toBe(0);

    say(`${receiverName}: ${String(finished)} connections that ran out, and those that ${String(KILLS)} kills cut`);
    const off: string[] = [];
    for (const [round, { tunnels, killedMs }] of lives.entries()) {
      const balances = await balancesOf(tunnels, (passage) => passage.receivedBy(killedMs - MAY_BE_LOST_MS));
      off.push(...faultsOf(balances));
      const cameOut = balances.reduce((total, { passage }) => total + passage.receivedBytes, 0);
      say(
        `  kill ${String(round + 1)}: ${megabytes(cameOut)} MB came out, ${megabytes(sum(balances, 'reportedBytes'))} MB were ` +
          `reported, ${megabytes(sum(balances, 'lowBytes'))} MB had come out a second before; what is missing is of the last ` +
          `${String(oldestLost(balances, killedMs))} ms`,
      );
    }
    expect(off).toEqual([]);
    const exact = await balancesOf(last);
    expect(unclear(exact)).toEqual([]);
    expect(faultsOf(exact)).toEqual([]);
    expect(accounts.faults).toEqual([]);
    expect(finished).toBeGreaterThanOrEqual(CONNECTIONS);
    sayTries();
  });
});

/** The smallest time before the kill so that all that had come out by then was reported, in steps of 10 ms. */
function oldestLost(balances: readonly Balance[], killedMs: number): number {
  const isReported = (lostMs: number): boolean =>
    balances.every(({ passage, reportedBytes }) => passage.receivedBy(killedMs - lostMs) <= reportedBytes);
  let lostMs = 0;
  while (lostMs < killedMs && !isReported(lostMs)) lostMs += 10;
  return lostMs;
}

function sum(balances: readonly Balance[], of: 'lowBytes' | 'reportedBytes' | 'highBytes'): number {
  return balances.reduce((total, balance) => total + balance[of], 0);
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

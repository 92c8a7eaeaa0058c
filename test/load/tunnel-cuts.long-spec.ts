import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type ApiProcess, startApi } from '../support/api-process';
import { type EtcdForTests, describeWithEtcd, startEtcd } from '../support/etcd-server';
import { freePort } from '../support/free-port';
import type { FrpClient } from '../support/frp-client';
import { type GatewayProcess, startGateway } from '../support/gateway-process';
import { type Tenant, callWithBearer, expectStatus, newTenant } from '../support/hmac-client';
import { quantile } from '../support/revocation-watch';
import { ADMIN_TUNNELS, TUNNELS, startApiOnEtcd } from '../support/tunnel-stores';
import { echo, flood } from './tunnel-services';
import { logIn, loginResult, milliseconds, openTcp, say, within } from './tunnel-site';
import { EchoUser, StreamingUser } from './tunnel-user';

const PREFIX = '/frp/tokens/';
const TRIALS = 200;
const SUSPENSIONS = 50;
/** From the write to etcd, which api and operators make. */
const ETCD_P99_MS = 100;
/** From the api's answer: one process sees what the other one wrote into the file when it looks next. */
const EMBEDDED_P99_MS = 200;
/** So much has come before the change, so that everything on the way is full. */
const FLOWING_BYTES = 1_048_576;
/** After which a test no longer waits for a cut. */
const PATIENCE_MS = 10_000;
const BYSTANDER_EVERY_MS = 10;

/** One tunnel that was cut. All in milliseconds, from the sending of the change. */
interface Cut {
  readonly acknowledged: number;
  readonly lastByte: number;
  readonly userClosed: number;
  readonly clientClosed: number;
}

/** A token with what changes it, as often as it is wanted. */
interface Doomed {
  readonly token: string;
  readonly change: () => Promise<unknown>;
}

/** @param bothWays whether the user sends as much as it gets */
async function cutOne(bindPort: number, { token, change }: Doomed, bothWays: boolean): Promise<Cut> {
  const client = await logIn(bindPort, token);
  const user = await StreamingUser.connect(await openTcp(client, { handler: flood }));
  if (bothWays) user.flood();
  await user.got(FLOWING_BYTES);
  const clientClosed = client.closed.then(() => performance.now());
  const sentMs = performance.now();
  const acknowledged = change().then(() => performance.now());
  const all = Promise.all([acknowledged, user.closed, clientClosed]);
  const [acknowledgedMs, userClosedMs, clientClosedMs] = await within(PATIENCE_MS, all, 'cut');
  return {
    acknowledged: acknowledgedMs - sentMs,
    lastByte: user.lastByteMs - sentMs,
    userClosed: userClosedMs - sentMs,
    clientClosed: clientClosedMs - sentMs,
  };
}

/**
 * Cuts tunnels one after the other, each while it carries as much as it can, beside one of somebody else's that must not be cut.
 *
 * Store, gateway, clients, users and services share the machine, so waiting for a core is in the figures; so is the delay of this
 * process's own event loop, which is told beside them.
 */
async function cutMany(
  bindPort: number,
  bystander: FrpClient,
  trials: number,
  next: (trial: number) => Promise<Doomed>,
): Promise<readonly Cut[]> {
  const watcher = await EchoUser.connect(await openTcp(bystander, { handler: echo }), BYSTANDER_EVERY_MS);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const cuts: Cut[] = [];
  for (let trial = 0; trial < trials; trial += 1) {
    const doomed = await next(trial);
    cuts.push(await cutOne(bindPort, doomed, Math.floor(trial / 4) % 2 === 1));
    expect(await loginResult(bindPort, doomed.token)).not.toBe('admitted');
  }
  loop.disable();
  expect(watcher.wasCut).toBe(false);
  const longest = await watcher.leave();
  bystander.closeProxy('web');
  say(
    `  somebody else's tunnel: answers p99 ${milliseconds(quantile(watcher.roundTripsMs, 0.99))}, worst ${milliseconds(longest)}; ` +
      `delay of this process's event loop: p99 ${milliseconds(loop.percentile(99) / 1e6)}`,
  );
  return cuts;
}

function report(name: string, cuts: readonly Cut[]): void {
  say(`${name}: ${String(cuts.length)} tunnels cut`);
  const lines: readonly (readonly [string, (cut: Cut) => number])[] = [
    ['sending to acknowledgement', (cut) => cut.acknowledged],
    ["sending to the user's last byte", (cut) => cut.lastByte],
    ["sending to the user's close", (cut) => cut.userClosed],
    ["sending to the client's close", (cut) => cut.clientClosed],
    ["acknowledgement to the user's last byte", (cut) => cut.lastByte - cut.acknowledged],
    ["acknowledgement to the user's close", (cut) => cut.userClosed - cut.acknowledged],
  ];
  for (const [what, of] of lines) {
    const [p50, p99, most] = [0.5, 0.99, 1].map((part) => milliseconds(quantile(cuts.map(of), part)));
    say(`  ${what}: p50 ${String(p50)}, p99 ${String(p99)}, max ${String(most)}`);
  }
}

const p99Of = (cuts: readonly Cut[], of: (cut: Cut) => number): number => quantile(cuts.map(of), 0.99);

describeWithEtcd('a tunnel that carries what it can, with its token in etcd', () => {
  let etcd: EtcdForTests;
  let gateway: GatewayProcess;
  let bindPort: number;
  let bystander: FrpClient;
  let api: ApiProcess | undefined;

  beforeAll(async () => {
    etcd = await startEtcd();
    bindPort = await freePort();
    gateway = await startGateway(`bindPort = ${String(bindPort)}\n`, {
      env: {
        ETCD_ENDPOINTS: etcd.endpoint,
        ETCD_REGION: 'eu',
        GATEWAY_MAX_LOGIN_FAILURES_PER_ADDRESS: '100000',
        GATEWAY_MAX_LOGIN_FAILURES: '100000',
      },
    });
    await put('bystander');
    bystander = await logIn(bindPort, 'bystander');
  });
  afterAll(async () => {
    await bystander.close();
    await api?.stop();
    await gateway.stop();
    await etcd.stop();
  });

  async function put(token: string, fields: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return etcd.client.put(PREFIX + token).value(JSON.stringify({ token, region: 'eu', enabled: true, ...fields }));
  }

  it(`is cut within ${String(ETCD_P99_MS)} ms of the write, 99 times of 100`, async () => {
    const changes: readonly ((token: string) => Promise<unknown>)[] = [
      async (token) => etcd.client.delete().key(PREFIX + token),
      async (token) => put(token, { enabled: false }),
      async (token) => put(token, { suspended: true }),
      async (token) => put(token, { region: 'us' }),
    ];
    const cuts = await cutMany(bindPort, bystander, TRIALS, async (trial) => {
      const token = `doomed-${String(trial)}`;
      await put(token);
      const change = changes[trial % changes.length]!;
      return { token, change: async () => change(token) };
    });
    report('written to etcd (deleted, disabled, suspended, moved to another region)', cuts);
    expect(cuts).toHaveLength(TRIALS);
    expect(p99Of(cuts, ({ lastByte }) => lastByte)).toBeLessThan(ETCD_P99_MS);
    expect(p99Of(cuts, ({ userClosed }) => userClosed)).toBeLessThan(ETCD_P99_MS);
    expect(p99Of(cuts, ({ clientClosed }) => clientClosed)).toBeLessThan(ETCD_P99_MS);
  });

  it(`is cut within ${String(ETCD_P99_MS)} ms of the answer to the suspension of the account, 99 times of 100`, async () => {
    const running = (api = await startApiOnEtcd(etcd));
    const cuts = await cutMany(bindPort, bystander, SUSPENSIONS, async () => {
      const tenant = await newTenant(running.url);
      const made = expectStatus(201, await tenant.call('POST', TUNNELS));
      return { token: made.string('token'), change: async () => suspend(running, tenant) };
    });
    report('account suspended through the api', cuts);
    expect(cuts).toHaveLength(SUSPENSIONS);
    expect(p99Of(cuts, ({ lastByte, acknowledged }) => lastByte - acknowledged)).toBeLessThan(ETCD_P99_MS);
    expect(p99Of(cuts, ({ userClosed, acknowledged }) => userClosed - acknowledged)).toBeLessThan(ETCD_P99_MS);
  });
});

async function suspend(api: ApiProcess, { accountId }: Tenant): Promise<void> {
  const path = `/api/v2/admin/accounts/${accountId}/status`;
  expectStatus(200, await callWithBearer(api.url, api.operatorKey, 'PUT', path, { status: 'suspended' }));
}

describe('a tunnel that carries what it can, with its token in the embedded store', () => {
  let dataDir: string;
  let api: ApiProcess;
  let gateway: GatewayProcess;
  let bindPort: number;
  let bystander: FrpClient;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'tollgate-cuts-'));
    api = await startApi({ dataDir });
    bindPort = await freePort();
    gateway = await startGateway(`bindPort = ${String(bindPort)}\n`, {
      dataDir,
      env: {
        TENANT_SOURCE: 'embedded',
        GATEWAY_MAX_LOGIN_FAILURES_PER_ADDRESS: '100000',
        GATEWAY_MAX_LOGIN_FAILURES: '100000',
      },
    });
    const tenant = await newTenant(api.url);
    bystander = await logIn(bindPort, expectStatus(201, await tenant.call('POST', TUNNELS)).string('token'));
  });
  afterAll(async () => {
    await bystander.close();
    await gateway.stop();
    await api.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it(`is cut within ${String(EMBEDDED_P99_MS)} ms of the api's answer, 99 times of 100`, async () => {
    const cuts = await cutMany(bindPort, bystander, TRIALS, async (trial) => {
      const tenant = await newTenant(api.url);
      const made = expectStatus(201, await tenant.call('POST', TUNNELS));
      const id = made.string('token_id');
      const changes: readonly (() => Promise<unknown>)[] = [
        async () => tenant.call('DELETE', `${TUNNELS}/${id}`),
        async () => callWithBearer(api.url, api.operatorKey, 'DELETE', `${ADMIN_TUNNELS}/${id}`),
        async () => tenant.call('PATCH', `${TUNNELS}/${id}`, { enabled: false }),
        async () => suspend(api, tenant),
      ];
      return { token: made.string('token'), change: changes[trial % changes.length]! };
    });
    report('changed through the api (deleted by account and operator, disabled, account suspended)', cuts);
    expect(cuts).toHaveLength(TRIALS);
    expect(p99Of(cuts, ({ lastByte, acknowledged }) => lastByte - acknowledged)).toBeLessThan(EMBEDDED_P99_MS);
    expect(p99Of(cuts, ({ userClosed, acknowledged }) => userClosed - acknowledged)).toBeLessThan(EMBEDDED_P99_MS);
    expect(p99Of(cuts, ({ clientClosed, acknowledged }) => clientClosed - acknowledged)).toBeLessThan(EMBEDDED_P99_MS);
  });
});

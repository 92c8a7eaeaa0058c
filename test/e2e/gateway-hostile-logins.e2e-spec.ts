import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { v1Codec } from '@tollgate/frp-wire';
import { describeWithEtcd, type EtcdForTests, startEtcd } from '../support/etcd-server';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { FrpClient } from '../support/frp-client';
import { type GatewayProcess, startGateway } from '../support/gateway-process';
import { RawMux, dataOf, loginMessage, synOf } from '../support/hostile/raw-mux';
import { Stranger, crowd } from '../support/hostile/strangers';
import { MemoryWatch } from '../support/process-memory';

const MEGABYTE = 1_048_576;
const HANDSHAKE_MS = 60_000;
const WINDOW_BYTES = 262_144;
/** A minute's worth of them is refused, so that none is throttled. */
const FAILURES = 1_000_000;
const REFUSED = "doesn't match token";

describeWithEtcd('logins that are meant to do harm', () => {
  let etcd: EtcdForTests;
  let gateway: GatewayProcess;
  let port: number;
  let open: FrpClient[];

  const settings = (lines: readonly string[]): string =>
    [`bindPort = ${String(port)}`, ...lines, `limits.maxLoginFailures = ${String(FAILURES)}`].join('\n');
  const putToken = async (token: string, fields: object = {}): Promise<void> => {
    await etcd.client
      .put(`/frp/tokens/${token}`)
      .value(JSON.stringify({ token, region: 'eu', enabled: true, ...fields }));
  };
  const connect = async (options: Partial<Parameters<typeof FrpClient.connect>[0]> = {}): Promise<FrpClient> => {
    const client = await FrpClient.connect({ port, token: 'good', ...options });
    open.push(client);
    return client;
  };
  const tcp = async (client: FrpClient, name: string, remotePort = 0): Promise<string> =>
    (await client.addProxy({ type: 'tcp', name, remotePort, local: { handler: () => undefined } })).error;

  beforeAll(async () => {
    etcd = await startEtcd();
    port = await freePort();
    gateway = await startGateway(settings([`limits.maxLoginFailuresPerAddress = ${String(FAILURES)}`]), {
      env: {
        ETCD_ENDPOINTS: etcd.endpoint,
        ETCD_REGION: 'eu',
        GATEWAY_HANDSHAKE_TIMEOUT: `${String(HANDSHAKE_MS)}ms`,
      },
    });
    await putToken('good');
    await eventually(5_000, async () => (await FrpClient.connect({ port, token: 'good' })).close());
  });

  beforeEach(() => {
    open = [];
  });

  afterEach(async () => {
    await Promise.all(open.map(async (client) => client.close().catch(() => undefined)));
  });

  afterAll(async () => {
    const code = await gateway.stop();
    await etcd.stop();
    expect(code).toBe(0);
  });

  const descriptors = (): number => readdirSync(`/proc/${String(gateway.pid)}/fd`).length;

  it('leave no descriptor behind when their connection has ended, long before it would have to', async () => {
    const before = descriptors();
    const strangers = await crowd({ count: 100, atOnce: 100 }, () => ({ port, says: loginMessage('wrong') }));
    await eventually(10_000, async () => {
      // Each ends as soon as it is told why.
      expect(strangers.map(({ heard }) => heard).filter((heard) => !heard.includes(REFUSED))).toEqual([]);
    });
    await eventually(5_000, async () => {
      expect(descriptors()).toBeLessThan(before + 10);
    });
  });

  it('are a few for one connection, and what comes behind them is not kept', async () => {
    const memory = new MemoryWatch(gateway.pid);
    const streams = 600;
    const session = new RawMux({ port });
    const login = loginMessage('wrong');
    const rest = Buffer.alloc(WINDOW_BYTES - login.length);
    for (let index = 0; index < streams; index += 1) {
      const id = 2 * index + 1;
      await session.write(Buffer.concat([synOf(id), dataOf(id, login), dataOf(id, rest)]));
    }
    await pause(500);
    const peakBytes = memory.stop();
    session.vanish();
    expect(session.heard.split(REFUSED).length - 1).toBeLessThanOrEqual(4);
    expect(peakBytes - memory.beforeBytes).toBeLessThan(80 * MEGABYTE);
    expect(await (await connect()).ping()).toBe('');
  });

  it('are told of in the log once for each address, and not with all that they say', async () => {
    const before = gateway.output().length;
    const from = '127.0.8.1';
    const login = v1Codec.encode({
      type: 'login',
      version: 'v'.repeat(4_000),
      user: 'u'.repeat(5_000),
      privilegeKey: 'wrong',
      timestamp: 1,
    });
    const strangers = await crowd({ count: 200, atOnce: 200 }, () => ({ port, from, says: login }));
    await eventually(10_000, async () => {
      expect(strangers.map(({ heard }) => heard).filter((heard) => !heard.includes(REFUSED))).toEqual([]);
    });
    const said = gateway.output().slice(before);
    expect(said.split(from).length - 1).toBe(1);
    expect(said.length).toBeLessThan(5_000);
  });

  it('do not take the place of a client by what it, or another one, has sent before', async () => {
    const nowSeconds = (): number => Math.floor(Date.now() / 1000) - 1_000;
    const first = await connect({ nowSeconds });
    const { runId } = first;
    await first.close();
    const back = await connect({ login: { runId } });
    expect(back.runId).toBe(runId);
    const elsewhere = { from: '127.0.8.2', login: { runId } };
    await expect(connect({ nowSeconds, ...elsewhere })).rejects.toThrow(REFUSED);
    const inAMinute = (): number => Math.floor(Date.now() / 1000) + 60;
    await connect({ nowSeconds: inAMinute, from: '127.0.8.3' });
    await expect(connect({ nowSeconds: inAMinute, ...elsewhere })).rejects.toThrow(REFUSED);
    expect(await back.ping()).toBe('');
    const moved = await connect({ nowSeconds: () => inAMinute() + 60, ...elsewhere });
    expect(moved.runId).toBe(runId);
  });

  it('give no further proxies to a client that may not come from where it is any more', async () => {
    await putToken('moving');
    let client: FrpClient | undefined;
    await eventually(5_000, async () => {
      client = await connect({ token: 'moving' });
    });
    if (client === undefined) throw new Error('not logged in');
    const moving = client;
    expect(await tcp(moving, 'before')).toBe('');
    await putToken('moving', { allowIPs: ['192.0.2.0/24'] });
    await eventually(5_000, async () => {
      expect(await tcp(moving, `after ${String(Math.random())}`)).toBe('address not allowed');
    });
    await putToken('moving', { allowIPs: ['127.0.0.0/8'] });
    await eventually(5_000, async () => {
      expect(await tcp(moving, `again ${String(Math.random())}`)).toBe('');
    });
  });

  it('are held to the ports and limits that were read again', async () => {
    const before = readFileSync(gateway.configFile, 'utf8');
    const allowed = await freePort();
    const client = await connect();
    const holder = await connect();
    expect(await tcp(client, 'any port', await freePort())).toBe('');
    writeFileSync(
      gateway.configFile,
      settings([
        `allowPorts = [{ single = ${String(allowed)} }, { single = ${String(await freePort())} }]`,
        'maxPortsPerClient = 1',
        'limits.maxSessionsPerToken = 3',
        'limits.maxStreamsPerSession = 16',
      ]),
    );
    process.kill(gateway.pid, 'SIGHUP');
    await eventually(5_000, async () => {
      expect(gateway.output()).toContain('settings read again');
    });
    expect(await tcp(holder, 'not allowed', await freePort())).toBe('port not allowed');
    expect(await tcp(holder, 'allowed', allowed)).toBe('');
    expect(await tcp(holder, 'too many')).toContain('max_ports_per_client');
    await connect();
    await expect(connect()).rejects.toThrow('too many clients');
    writeFileSync(gateway.configFile, before);
    process.kill(gateway.pid, 'SIGHUP');
    await eventually(5_000, async () => {
      expect(await (await connect()).ping()).toBe('');
    });
  });

  it('of a stranger who stays are cut when their time is over, and count as not introduced until then', async () => {
    const impatient = await startGateway(`bindPort = ${String(await freePort())}\nauth.token = "good"`, {
      env: { GATEWAY_HANDSHAKE_TIMEOUT: '1s', GATEWAY_MAX_PENDING_PER_ADDRESS: '3', TENANT_SOURCE: 'single' },
    });
    const [, bindPort = ''] = /"port":(\d+),"msg":"listening for frp clients"/.exec(impatient.output()) ?? [];
    const strangers = Array.from(
      { length: 3 },
      () => new Stranger({ port: Number(bindPort), says: loginMessage('wrong') }),
    );
    for (const { socket } of strangers) {
      // It stays when it is told.
      socket.removeAllListeners('end');
      await once(socket, 'data');
    }
    const refused = new Stranger({ port: Number(bindPort) });
    await refused.gone;
    await eventually(5_000, async () => (await FrpClient.connect({ port: Number(bindPort), token: 'good' })).close());
    for (const stranger of strangers) stranger.vanish();
    expect(await impatient.stop()).toBe(0);
  });
});

import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { useTemporaryFolder } from '@tollgate/testing';
import { askHttp, echoedByTls, startHttpService, startTlsEcho } from '../interop/matrix/web-services';
import { describeWithEtcd, type EtcdForTests, startEtcd } from '../support/etcd-server';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { FrpClient } from '../support/frp-client';
import { type GatewayProcess, startGateway } from '../support/gateway-process';
import {
  EchoUser,
  clientOfWorker,
  clientsOfTwoWorkers,
  connectInTime,
  echo,
  workerOf,
  workersOf,
} from '../support/worker-clients';

const PREFIX = '/frp/tokens/';
/** Each start is three processes. */
jest.setTimeout(120_000);

describeWithEtcd('the gateway in two processes', () => {
  const newFolder = useTemporaryFolder();
  let etcd: EtcdForTests;
  let gateway: GatewayProcess;
  let port: number;
  let httpPort: number;
  let httpsPort: number;
  let tokens = 0;

  const start = async (env: Readonly<Record<string, string>> = {}, dataDir?: string): Promise<GatewayProcess> => {
    [port, httpPort, httpsPort] = [await freePort(), await freePort(), await freePort()];
    return startGateway(
      `bindPort = ${String(port)}\nvhostHTTPPort = ${String(httpPort)}\nvhostHTTPSPort = ${String(httpsPort)}\n`,
      {
        env: { ETCD_ENDPOINTS: etcd.endpoint, ETCD_REGION: 'eu', GATEWAY_WORKERS: '2', ...env },
        ...(dataDir === undefined ? {} : { dataDir }),
      },
    );
  };

  beforeAll(async () => {
    etcd = await startEtcd();
    gateway = await start();
  });
  afterAll(async () => {
    await gateway.stop();
    await etcd.stop();
  });

  /** A token of its own for each test. Resolves when every worker knows it. */
  const newToken = async (fields: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const token = `token-${String((tokens += 1))}`;
    await etcd.client.put(PREFIX + token).value(JSON.stringify({ token, region: 'eu', enabled: true, ...fields }));
    for (let inARow = 0; inARow < 4; inARow += 1) {
      await eventually(5_000, async () => {
        await (await FrpClient.connect({ port, token })).close();
      });
    }
    return token;
  };
  const tcp = async (client: FrpClient, name: string, remotePort?: number): Promise<number> => {
    const wanted = remotePort ?? (await freePort());
    const { error } = await client.addProxy({ type: 'tcp', name, remotePort: wanted, local: echo });
    if (error !== '') throw new Error(error);
    return wanted;
  };
  const enter = async (userPort: number): Promise<EchoUser> => {
    const user = await EchoUser.enter(userPort);
    if (user === undefined) throw new Error('the user was turned away');
    return user;
  };
  const healthOf = async (): Promise<Record<string, unknown>> =>
    (await (await fetch(`${gateway.url}/healthz`)).json()) as Record<string, unknown>;
  const metricOf = async (name: string): Promise<number> => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };

  it('spreads clients over both, and tells of both together on the admin port', async () => {
    const token = await newToken();
    const [one, other] = await clientsOfTwoWorkers(gateway, { port, token });
    for (const [index, client] of [one, other].entries()) {
      const user = await enter(await tcp(client, `web-${String(index)}`));
      await user.leave();
    }
    expect(await healthOf()).toMatchObject({
      status: 'ok',
      bind_port: port,
      workers: { running: 2, configured: 2 },
    });
    await eventually(5_000, async () => {
      expect(await metricOf('tollgate_gateway_clients')).toBe(2);
    });
    expect(await metricOf('tollgate_gateway_proxies{type="tcp"}')).toBe(2);
    await Promise.all([one.close(), other.close()]);
  });

  it.each([
    ['without TLS', { tls: 'off' }],
    ['with TLS', { tls: 'on' }],
    ['through WebSockets', { transport: 'websocket', tls: 'off' }],
  ] as const)('brings work connections of clients without tcpMux %s to the worker that has them', async (_how, how) => {
    const token = await newToken();
    const client = await FrpClient.connect({ port, token, mux: false, ...how });
    const userPort = await tcp(client, 'web');
    const content = Buffer.alloc(200_000, 'bytes');
    // Twice as many as workers: some of their work connections come to the other one.
    const users = await Promise.all(Array.from({ length: 8 }, () => enter(userPort)));
    expect(await Promise.all(users.map((user) => user.says(content)))).toEqual(users.map(() => true));
    await Promise.all(users.map((user) => user.leave()));
    expect(client.refusedWorkConns).toEqual([]);
    await client.close();
  });

  it('refuses a work connection of a run id that no worker has, in the words of frps', async () => {
    const token = await newToken();
    const client = await FrpClient.connect({ port, token, mux: false });
    const stranger = await FrpClient.connect({ port, token, mux: false });
    await stranger.close();
    Reflect.set(client, 'runId', 'nobody');
    for (let tries = 0; tries < 2; tries += 1) client.offerWorkConnection();
    await eventually(5_000, async () => {
      expect(client.refusedWorkConns.filter((text) => text.includes('nobody')).length).toBeGreaterThanOrEqual(2);
    });
    await client.close();
  });

  it('answers requests of one connection for hosts of both workers, and https users of both', async () => {
    const token = await newToken();
    const clients = await clientsOfTwoWorkers(gateway, { port, token });
    const [web, secure] = [await startHttpService(), await startTlsEcho()];
    for (const [index, client] of clients.entries()) {
      const name = String(index);
      const http = { type: 'http', name: `h${name}`, customDomains: [`h${name}.test`], local: { port: web.port } };
      const https = { type: 'https', name: `s${name}`, customDomains: [`s${name}.test`], local: { port: secure.port } };
      for (const proxy of [http, https]) expect((await client.addProxy(proxy)).error).toBe('');
    }
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const body = Buffer.alloc(300_000, 'body');
    for (const host of ['h0.test', 'h1.test', 'h1.test', 'h0.test']) {
      const answer = await askHttp(httpPort, host, agent, body);
      expect([answer.status, answer.body.split(' ')[1]]).toEqual([200, host]);
    }
    agent.destroy();
    for (const host of ['s0.test', 's1.test', 's0.test', 's1.test']) {
      expect((await echoedByTls(httpsPort, host, body)).equals(body)).toBe(true);
    }
    const taken = { type: 'http', name: 'again', customDomains: ['h0.test'], local: { port: web.port } };
    expect((await clients[1].addProxy(taken)).error).toContain('router config conflict');
    await clients[0].close();
    await eventually(5_000, async () => {
      expect((await clients[1].addProxy({ ...taken, name: 'again-2' })).error).toBe('');
    });
    await clients[1].close();
    await Promise.all([web.stop(), secure.stop()]);
  });

  it('replaces a client that comes back with its run id at the other worker, with all that it had', async () => {
    const token = await newToken();
    const former = await FrpClient.connect({ port, token });
    const before = await workerOf(gateway, former);
    const userPort = await tcp(former, 'web');
    const user = await enter(userPort);
    const login = { runId: former.runId };
    const later = await FrpClient.connect({ port, token, login });
    await Promise.all([former.closed, user.closed]);
    const isElsewhere = (await workerOf(gateway, later, 2)) !== before;
    const last = isElsewhere ? later : await FrpClient.connect({ port, token, login });
    expect(last.runId).toBe(former.runId);
    expect(await workerOf(gateway, last, isElsewhere ? 2 : 3)).not.toBe(before);
    await tcp(last, 'web', userPort);
    await (await enter(userPort)).leave();
    const other = await FrpClient.connect({ port, token: await newToken(), login });
    expect(other.runId).not.toBe(former.runId);
    expect(await last.ping()).toBe('');
    await Promise.all([last.close(), other.close()]);
  });

  it('holds clients, names, ports and users of a token to its limits over both', async () => {
    const token = await newToken({ maxClients: 2, maxPorts: 3, maxConnections: 4 });
    const [one, other] = await clientsOfTwoWorkers(gateway, { port, token });
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(FrpClient.connect({ port, token })).rejects.toThrow('too many clients');
    }
    const [first, second] = [await tcp(one, 'a'), await tcp(other, 'b')];
    await expect(tcp(other, 'a')).rejects.toThrow('already exists');
    await tcp(one, 'c');
    await expect(tcp(other, 'd')).rejects.toThrow();
    await expect(tcp(other, 'e', first)).rejects.toThrow();

    const users: EchoUser[] = [];
    const fill = async (userPort: number): Promise<void> => {
      for (let tries = 0; tries < 6; tries += 1) {
        const user = await EchoUser.enter(userPort);
        if (user !== undefined) users.push(user);
      }
    };
    await Promise.all([fill(first), fill(second)]);
    expect(users).toHaveLength(4);
    await Promise.all(users.splice(0).map((user) => user.leave()));
    // All of them to one worker: what the other has to spare comes within a second or two.
    await eventually(10_000, async () => {
      await fill(first);
      expect(users).toHaveLength(4);
    });
    expect(await EchoUser.enter(second)).toBeUndefined();
    await Promise.all(users.map((user) => user.leave()));
    await Promise.all([one.close(), other.close()]);
  });

  it('cuts the clients and users of a token at both when it is deleted', async () => {
    const token = await newToken();
    const clients = await clientsOfTwoWorkers(gateway, { port, token });
    const users = await Promise.all(
      clients.map(async (client, index) => enter(await tcp(client, `web-${String(index)}`))),
    );
    await etcd.client.delete().key(PREFIX + token);
    await Promise.all([...clients.map(({ closed }) => closed), ...users.map(({ closed }) => closed)]);
  });

  it('replaces a worker that dies: its clients come back with what they had, and nobody else notices', async () => {
    const token = await newToken();
    const [dying, staying] = await clientsOfTwoWorkers(gateway, { port, token });
    const [lostPort, keptPort] = [await tcp(dying, 'lost'), await tcp(staying, 'kept')];
    const [lost, kept] = [await enter(lostPort), await enter(keptPort)];
    const pid = await workerOf(gateway, dying);
    process.kill(pid, 'SIGKILL');
    await Promise.all([dying.closed, lost.closed]);
    expect(await kept.says('still here')).toBe(true);
    let back: FrpClient | undefined;
    await eventually(20_000, async () => {
      back = await connectInTime({ port, token, login: { runId: dying.runId } });
    });
    expect(back?.runId).toBe(dying.runId);
    if (back !== undefined) await tcp(back, 'lost', lostPort);
    await (await enter(lostPort)).leave();
    await eventually(20_000, async () => {
      expect(await healthOf()).toMatchObject({ status: 'ok', workers: { running: 2 } });
    });
    const replacement = workersOf(gateway).at(-1) ?? 0;
    const anew = await clientOfWorker(gateway, { port, token }, (candidate) => candidate === replacement);
    await (await enter(await tcp(anew, 'anew'))).leave();
    expect(await kept.says('still')).toBe(true);
    expect(gateway.output().split('a worker ended by itself')).toHaveLength(2);
    await Promise.all([kept.leave(), back?.close(), staying.close(), anew.close()]);
  });

  it('reports every byte once over both, also after a stop and in another number of processes', async () => {
    const moved = new Map<string, number>();
    const keys = new Set<string>();
    let isOpen = true;
    const receiver = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const report = JSON.parse(text) as { proxyName: string; trafficIn: number; trafficOut: number };
        const key = String(request.headers['idempotency-key']);
        if (isOpen && !keys.has(key)) {
          moved.set(report.proxyName, (moved.get(report.proxyName) ?? 0) + report.trafficIn + report.trafficOut);
        }
        if (isOpen) keys.add(key);
        response.writeHead(isOpen ? 200 : 503).end();
      });
    });
    await once(receiver.listen(0, '127.0.0.1'), 'listening');
    const env = {
      TRAFFIC_REPORT_URL: `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/traffic/report`,
    };
    const shared = { gateway, port, httpPort, httpsPort };
    const dataDir = newFolder();
    gateway = await start(env, dataDir);
    const token = await newToken({ trafficReportIntervalMB: 1 });
    const move = async (bytes: number): Promise<void> => {
      const clients = await clientsOfTwoWorkers(gateway, { port, token });
      for (const [index, client] of clients.entries()) {
        const user = await enter(await tcp(client, `p${String(index)}`));
        expect(await user.says(Buffer.alloc(bytes, 'x'))).toBe(true);
        await user.leave();
      }
      await Promise.all(clients.map((client) => client.close()));
    };
    const hello = 2 * 'hello'.length;
    await move(1_000_003);
    await eventually(10_000, async () => {
      expect([...moved.values()]).toEqual([2 * 1_000_003 + hello, 2 * 1_000_003 + hello]);
    });
    isOpen = false;
    await move(70_001);
    expect(await gateway.stop()).toBe(0);
    isOpen = true;
    const alone = await startGateway(`bindPort = ${String(port)}\n`, {
      dataDir,
      env: { ETCD_ENDPOINTS: etcd.endpoint, ETCD_REGION: 'eu', ...env },
    });
    const all = 2 * 1_000_003 + 2 * 70_001 + 2 * hello;
    await eventually(15_000, async () => {
      expect([...moved.values()]).toEqual([all, all]);
    });
    expect(await alone.stop()).toBe(0);
    ({ gateway, port, httpPort, httpsPort } = shared);
    receiver.close();
  });

  it('lets users end when it is told to stop, and ends with 0', async () => {
    const shared = { gateway, port, httpPort, httpsPort };
    gateway = await start({ SHUTDOWN_TIMEOUT: '20s' });
    const token = await newToken();
    const clients = await clientsOfTwoWorkers(gateway, { port, token });
    const users = await Promise.all(
      clients.map(async (client, index) => enter(await tcp(client, `web-${String(index)}`))),
    );
    const stopped = gateway.stop();
    await eventually(5_000, async () => {
      await expect(isListening(port)).resolves.toBe(false);
    });
    expect(await Promise.all(users.map((user) => user.says('not yet')))).toEqual([true, true]);
    await Promise.all(users.map((user) => user.leave()));
    expect(await stopped).toBe(0);
    ({ gateway, port, httpPort, httpsPort } = shared);
  });

  it('says once that a port is in use, and that settings are wrong, and ends with 1', async () => {
    const failure = startGateway(`bindPort = ${String(port)}\nauth.token = "x"\n`, { env: { GATEWAY_WORKERS: '2' } });
    const text = await failure.then(
      () => 'started',
      (error: unknown) => (error as Error).message,
    );
    expect(text).toContain('ended with code 1');
    expect(text.split('A port of the gateway is in use')).toHaveLength(2);
    await expect(startGateway('bindPort = "x"\n', { env: { GATEWAY_WORKERS: '2' } })).rejects.toThrow('bindPort');
  });

  it('takes any free port, the same for both', async () => {
    const other = await startGateway('bindPort = 0\nauth.token = "t"\n', { env: { GATEWAY_WORKERS: '2' } });
    const { bind_port: bindPort } = (await (await fetch(`${other.url}/healthz`)).json()) as { bind_port: number };
    expect(bindPort).toBeGreaterThan(0);
    const clients = await clientsOfTwoWorkers(other, { port: bindPort, token: 't' });
    await Promise.all(clients.map((client) => client.close()));
    expect(await other.stop()).toBe(0);
  });
});

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

import { connect } from 'node:net';
import type { ByteStream } from '@tollgate/stream-kit';
import { describeWithEtcd, type EtcdForTests, startEtcd } from '../support/etcd-server';
import { eventually } from '../support/eventually';
import { FrpClient } from '../support/frp-client';
import { type GatewayProcess, startGateway } from '../support/gateway-process';

const PREFIX = '/frp/tokens/';
const PORT_BASE = 31_000;

/** Ports of their own for each case: all gateways of this suite are on one machine. */
let nextPort = PORT_BASE + Math.floor(Math.random() * 500);
const newPort = (): number => (nextPort += 1);

describeWithEtcd('the gateway with tokens in etcd', () => {
  let etcd: EtcdForTests;
  let gateway: GatewayProcess;
  let bindPort: number;

  beforeAll(async () => {
    etcd = await startEtcd();
    bindPort = newPort();
    gateway = await startGateway(`bindPort = ${String(bindPort)}\n`, {
      env: { ETCD_ENDPOINTS: etcd.endpoint, ETCD_REGION: 'eu' },
    });
  });

  afterAll(async () => {
    await gateway.stop();
    await etcd.stop();
  });

  /** As users write it, by hand. */
  async function put(token: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await etcd.client.put(PREFIX + token).value(JSON.stringify({ token, region: 'eu', enabled: true, ...fields }));
  }

  /** Tries until the gateway has heard of the token. */
  async function logIn(token: string, runId?: string): Promise<FrpClient> {
    const options = { port: bindPort, token, ...(runId === undefined ? {} : { login: { runId } }) };
    let client: FrpClient | undefined;
    await eventually(5_000, async () => {
      client = await FrpClient.connect(options);
    });
    if (client === undefined) throw new Error('no client');
    return client;
  }

  async function refusalOf(token: string): Promise<string> {
    try {
      await (await FrpClient.connect({ port: bindPort, token })).close();
      return 'admitted';
    } catch (error) {
      return (error as Error).message;
    }
  }

  const echo = { handler: echoOn };

  function echoOn(stream: ByteStream): void {
    stream.attach({
      onData: (chunk) => {
        stream.write(Buffer.from(chunk));
      },
      onEnd: () => {
        stream.end();
      },
      onDrain: () => undefined,
      onClose: () => undefined,
    });
    stream.resume();
  }

  /** A user who holds a connection; `cut` says when it was cut. */
  async function hold(port: number): Promise<{ readonly cut: Promise<number> }> {
    const socket = connect(port, '127.0.0.1');
    const cut = new Promise<number>((resolve) => {
      socket
        .on('error', () => undefined)
        .on('close', () => {
          resolve(performance.now());
        });
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('data', () => {
        resolve();
      });
      socket.once('close', () => {
        reject(new Error('the user was not connected'));
      });
      socket.write('hello');
    });
    return { cut };
  }

  it('admits a token that was put by hand, and serves its proxy', async () => {
    await put('by-hand');
    const client = await logIn('by-hand');
    const port = newPort();
    await expect(client.addProxy({ type: 'tcp', name: 'web', remotePort: port, local: echo })).resolves.toEqual({
      remoteAddr: `:${String(port)}`,
      error: '',
    });
    await hold(port);
    await client.close();
  });

  it.each<[string, string, Readonly<Record<string, unknown>>, string]>([
    ['of another region', 'elsewhere', { region: 'us' }, 'region mismatch'],
    ['that is disabled', 'disabled', { enabled: false }, 'token disabled'],
    ['that is suspended', 'suspended', { suspended: true }, 'token disabled'],
    ['that has expired', 'expired', { expiresAt: '2020-01-01T00:00:00Z' }, 'token expired'],
    ['for other addresses', 'addresses', { allowIPs: ['192.0.2.0/24'] }, 'address not allowed'],
  ])('refuses a token %s in words that frpc shows', async (_what, token, fields, error) => {
    await put(token, fields);
    await eventually(5_000, async () => {
      expect(await refusalOf(token)).toContain(error);
    });
  });

  it('refuses what it does not know in the words of frps', async () => {
    expect(await refusalOf('never-heard-of')).toContain("token in login doesn't match token from configuration");
  });

  it.each<[string, (token: string) => Promise<unknown>]>([
    ['deleted', async (token) => etcd.client.delete().key(PREFIX + token)],
    ['disabled', (token) => put(token, { enabled: false })],
    ['suspended', (token) => put(token, { suspended: true })],
    ['moved to another region', (token) => put(token, { region: 'us' })],
  ])('cuts client and users at once when a token is %s', async (what, change) => {
    const token = `cut-${what.replaceAll(' ', '-')}`;
    await put(token);
    const client = await logIn(token);
    const port = newPort();
    await client.addProxy({ type: 'tcp', name: 'web', remotePort: port, local: echo });
    const { cut } = await hold(port);
    const changedMs = performance.now();
    await change(token);
    expect((await cut) - changedMs).toBeLessThan(1_000);
    await client.closed;
    expect(await refusalOf(token)).not.toBe('admitted');
  });

  it('applies changed limits to the next proxy, and leaves those that are there', async () => {
    const [first, second] = [newPort(), newPort()];
    await put('changing', { allowPorts: [{ single: first }] });
    const client = await logIn('changing');
    await expect(client.addProxy({ type: 'tcp', name: 'one', remotePort: first, local: echo })).resolves.toMatchObject({
      error: '',
    });
    await expect(client.addProxy({ type: 'tcp', name: 'two', remotePort: second, local: echo })).resolves.toMatchObject(
      { error: 'port not allowed' },
    );
    await put('changing', { allowPorts: [{ single: second }], maxPortsPerClient: 2 });
    await eventually(5_000, async () => {
      const answer = await client.addProxy({ type: 'tcp', name: 'two', remotePort: second, local: echo });
      expect(answer.error).toBe('');
    });
    await expect(
      client.addProxy({ type: 'tcp', name: 'three', remotePort: newPort(), local: echo }),
    ).resolves.toMatchObject({ error: 'exceed the max_ports_per_client' });
    await hold(first);
    await client.close();
  });

  it('keeps the last good version of a token whose value is garbage, until it is deleted', async () => {
    await put('spoilt');
    await (await logIn('spoilt')).close();
    await etcd.client.put(`${PREFIX}spoilt`).value('{"token":"spoilt","allowPorts":"all"}');
    await eventually(5_000, () => {
      expect(gateway.output()).toContain("can't be read");
      return Promise.resolve();
    });
    expect(await refusalOf('spoilt')).toBe('admitted');
    expect(gateway.output()).not.toContain('spoilt');
    await etcd.client.delete().key(`${PREFIX}spoilt`);
    await eventually(5_000, async () => {
      expect(await refusalOf('spoilt')).not.toBe('admitted');
    });
  });

  it('outlives a client whose proxy has a name that no answer has room for', async () => {
    await put('long-name');
    await put('bystander');
    const bystander = await logIn('bystander');
    const client = await logIn('long-name');
    // A message that just fits; the answer repeats the name and says why.
    const name = 'x'.repeat(10_182);
    void client.addProxy({ type: 'tcp', name, remotePort: newPort(), local: echo }).catch(() => undefined);
    await client.closed;
    await expect(
      bystander.addProxy({ type: 'tcp', name: 'web', remotePort: newPort(), local: echo }),
    ).resolves.toMatchObject({ error: '' });
    await bystander.close();
  });

  it('lets two tenants call their proxies the same, and gives a port to the first', async () => {
    await put('tenant-a');
    await put('tenant-b');
    const [a, b] = [await logIn('tenant-a'), await logIn('tenant-b')];
    const port = newPort();
    const web = { type: 'tcp', name: 'web', remotePort: port, local: echo };
    await expect(a.addProxy(web)).resolves.toMatchObject({ error: '' });
    await expect(b.addProxy(web)).resolves.toMatchObject({ error: 'port already used' });
    await expect(b.addProxy({ ...web, remotePort: newPort() })).resolves.toMatchObject({ error: '' });
    await a.close();
    await b.close();
  });

  it('never lets the run id of one tenant replace the client of another', async () => {
    await put('owner');
    await put('thief');
    const owner = await logIn('owner');
    const thief = await logIn('thief', owner.runId);
    expect(thief.runId).not.toBe(owner.runId);
    const port = newPort();
    await expect(
      owner.addProxy({ type: 'tcp', name: 'still-here', remotePort: port, local: echo }),
    ).resolves.toMatchObject({ error: '' });
    await owner.close();
    await thief.close();
  });

  it('replaces a client by the next with its run id, whose proxies find their ports free', async () => {
    await put('again');
    const first = await logIn('again');
    const port = newPort();
    await first.addProxy({ type: 'tcp', name: 'web', remotePort: port, local: echo });
    const second = await logIn('again', first.runId);
    expect(second.runId).toBe(first.runId);
    await first.closed;
    await expect(second.addProxy({ type: 'tcp', name: 'web', remotePort: port, local: echo })).resolves.toMatchObject({
      error: '',
    });
    await second.close();
  });

  it('holds the number of clients and of user connections of a token', async () => {
    await put('few', { maxClients: 1, maxConnections: 1 });
    const client = await logIn('few');
    expect(await refusalOf('few')).toContain('too many clients');
    const port = newPort();
    await client.addProxy({ type: 'tcp', name: 'web', remotePort: port, local: echo });
    await hold(port);
    await expect(hold(port)).rejects.toThrow('the user was not connected');
    await client.close();
  });

  it('serves on by what it knew while etcd is away, says so, and hears of changes when it is back', async () => {
    await put('stays');
    await put('goes');
    const client = await logIn('stays');
    await (await logIn('goes')).close();
    await etcd.kill();
    await eventually(20_000, async () => {
      const health = (await (await fetch(`${gateway.url}/healthz`)).json()) as { status: string };
      expect(health.status).toBe('degraded');
    });
    expect(await refusalOf('goes')).toBe('admitted');
    const port = newPort();
    await expect(
      client.addProxy({ type: 'tcp', name: 'meanwhile', remotePort: port, local: echo }),
    ).resolves.toMatchObject({ error: '' });
    await etcd.restart();
    await etcd.client.delete().key(`${PREFIX}goes`);
    await eventually(20_000, async () => {
      expect(await refusalOf('goes')).not.toBe('admitted');
    });
    await client.close();
  }, 60_000);
});

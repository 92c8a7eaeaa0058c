import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import type { ByteStream } from '@tollgate/stream-kit';
import { describeWithEtcd, type EtcdForTests, startEtcd } from '../support/etcd-server';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { FrpClient } from '../support/frp-client';
import { type GatewayProcess, startGateway } from '../support/gateway-process';

const DATAGRAM_BYTES = 20_000;
const MAX_PROXIES = 5;
const SHUTDOWN_MS = 20_000;

describeWithEtcd('the gateway with tenants who would do others harm', () => {
  let etcd: EtcdForTests;
  let gateway: GatewayProcess;
  let bindPort: number;
  let httpPort: number;

  beforeAll(async () => {
    etcd = await startEtcd();
    [bindPort, httpPort] = [await freePort(), await freePort()];
    gateway = await startGateway(
      `bindPort = ${String(bindPort)}\nvhostHTTPPort = ${String(httpPort)}\nudpPacketSize = 65507\n` +
        `[limits]\nmaxProxiesPerClient = ${String(MAX_PROXIES)}\n`,
      { env: { ETCD_ENDPOINTS: etcd.endpoint, ETCD_REGION: 'eu', SHUTDOWN_TIMEOUT: `${String(SHUTDOWN_MS)}ms` } },
    );
  });

  afterAll(async () => {
    await gateway.stop();
    await etcd.stop();
  });

  /** A client with a token of its own. */
  async function tenant(token: string, fields: Readonly<Record<string, unknown>> = {}): Promise<FrpClient> {
    await etcd.client
      .put(`/frp/tokens/${token}`)
      .value(JSON.stringify({ token, region: 'eu', enabled: true, ...fields }));
    let client: FrpClient | undefined;
    await eventually(5_000, async () => {
      client = await FrpClient.connect({ port: bindPort, token });
    });
    if (client === undefined) throw new Error('no client');
    return client;
  }

  /** Answers each request of one connection after the other. */
  const site = (body: string) => ({
    handler: (stream: ByteStream): void => {
      stream.attach({
        onData: (chunk, lease) => {
          const requests = chunk.toString('latin1').split('\r\n\r\n').length - 1;
          lease?.release();
          const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
          for (let count = 0; count < requests; count += 1) stream.write(Buffer.from(answer));
        },
        onEnd: () => {
          stream.end();
        },
        onDrain: () => undefined,
        onClose: () => undefined,
      });
      stream.resume();
    },
  });

  async function visit(): Promise<Socket> {
    const socket = connect(httpPort, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  /** Sends a request on a connection that stays open. @returns the answer, which is short */
  async function ask(socket: Socket, host: string, path = '/', headers = ''): Promise<string> {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString('latin1');
  }

  it('gives no path and no user of one tenant’s domain to another', async () => {
    const [victim, other] = [await tenant('victim'), await tenant('other')];
    const domain = 'shop.example.com';
    const shop = { type: 'http', name: 'shop', customDomains: [domain], local: site('shop') };
    expect((await victim.addProxy(shop)).error).toBe('');
    for (const [name, more] of [
      ['path', { locations: ['/login'] }],
      ['user', { routeByHttpUser: 'admin' }],
    ] as const) {
      const proxy = { type: 'http', name, customDomains: [domain], local: site('theirs'), ...more };
      expect((await other.addProxy(proxy)).error).toBe('router config conflict');
    }
    const socket = await visit();
    expect(await ask(socket, domain, '/login')).toContain('\r\n\r\nshop');
    const credentials = Buffer.from('admin:secret').toString('base64');
    expect(await ask(socket, domain, '/', `Authorization: Basic ${credentials}\r\n`)).toContain('\r\n\r\nshop');
    socket.destroy();
    await victim.close();
    await eventually(5_000, async () => {
      expect((await other.addProxy({ ...shop, local: site('theirs') })).error).toBe('');
    });
    await other.close();
  });

  it('goes on after datagrams that no message of frp’s has room for', async () => {
    const client = await tenant('datagrams');
    const service = createSocket('udp4');
    service.on('message', (content, from) => {
      service.send(String(content.length), from.port, from.address);
    });
    service.bind(0, '127.0.0.1');
    await once(service, 'listening');
    const port = await freePort();
    const local = { port: service.address().port };
    expect((await client.addProxy({ type: 'udp', name: 'dns', remotePort: port, local })).error).toBe('');
    const user = createSocket('udp4');
    const answers: number[] = [];
    user.on('message', (content) => answers.push(Number(content.toString())));
    await eventually(5_000, () => {
      user.send(Buffer.alloc(DATAGRAM_BYTES), port, '127.0.0.1');
      expect(answers.length).toBeGreaterThan(0);
      return Promise.resolve();
    });
    expect(answers[0]).toBeGreaterThan(7_000);
    expect(answers[0]).toBeLessThan(DATAGRAM_BYTES);
    user.close();
    service.close();
    await client.close();
  });

  it('counts users of an http proxy as those of any other, though their requests share a connection', async () => {
    const client = await tenant('one-user', { maxConnections: 1 });
    const domain = 'one.example.com';
    await client.addProxy({ type: 'http', name: 'web', customDomains: [domain], local: site('served') });
    const [first, second] = [await visit(), await visit()];
    expect(await ask(first, domain)).toContain('served');
    expect(await ask(second, domain)).toContain('503');
    expect(await ask(first, domain)).toContain('served');
    first.destroy();
    await eventually(5_000, async () => {
      expect(await ask(second, domain)).toContain('served');
    });
    second.destroy();
    await client.close();
  });

  it('refuses names that no report could carry, and proxies beyond those of a client', async () => {
    const client = await tenant('names');
    const named = (name: string): Promise<{ readonly error: string }> =>
      client.addProxy({ type: 'http', name, customDomains: [`d${String(name.length)}.example.com`], local: site('') });
    expect((await named('a\tb')).error).toContain('control characters');
    for (let count = 1; count <= MAX_PROXIES; count += 1) expect((await named('n'.repeat(count))).error).toBe('');
    expect((await named('n'.repeat(MAX_PROXIES + 1))).error).toBe('too many proxies');
    await client.close();
  });

  it('does not wait, when it is to stop, for connections that are only kept for a next request', async () => {
    const client = await tenant('idle');
    const domain = 'idle.example.com';
    await client.addProxy({ type: 'http', name: 'web', customDomains: [domain], local: site('served') });
    const user = await visit();
    expect(await ask(user, domain)).toContain('served');
    const beganMs = performance.now();
    await gateway.stop();
    expect(performance.now() - beganMs).toBeLessThan(SHUTDOWN_MS / 2);
    user.destroy();
    client.kill();
  });
});

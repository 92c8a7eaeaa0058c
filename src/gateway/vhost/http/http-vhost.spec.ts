import { createHash } from 'node:crypto';
import { TestService, VhostHarness, turns, until } from '../../../../test/support/http-vhost';
import { VHOST_LIMITS } from '../limits';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

describe('HttpVhost', () => {
  let harness: VhostHarness;
  beforeEach(() => {
    harness = new VhostHarness();
  });
  afterEach(() => {
    harness.close();
  });

  it('passes a request and its answer on, and says whose it was', async () => {
    const service = harness.serve(new TestService());
    const user = await harness.visit();
    user.send(
      'GET /a?b HTTP/1.1\r\nHost: Example.com:80\r\nX-Forwarded-For: 1.1.1.1\r\nForwarded: x\r\nTE: gzip\r\n\r\n',
    );
    const connection = await service.connection();
    await connection.got('\r\n\r\n');
    expect(connection.text).toBe(
      'GET /a?b HTTP/1.1\r\nHost: Example.com:80\r\nX-Forwarded-For: 1.1.1.1, 127.0.0.1\r\n' +
        'X-Forwarded-Host: Example.com:80\r\nX-Forwarded-Proto: http\r\n\r\n',
    );
    connection.send(
      'HTTP/1.1 200 Fine\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nETag: "e"\r\nContent-Length: 2\r\n\r\nhi',
    );
    await user.got('hi');
    expect(user.text).toBe('HTTP/1.1 200 Fine\r\nETag: "e"\r\nContent-Length: 2\r\n\r\nhi');
    expect(service.dialledFor).toEqual([{ address: '127.0.0.1', port: user.socket.localPort }]);
  });

  it('answers requests in the order in which they came, over one connection to the service, however they are cut', async () => {
    const service = harness.serve(new TestService());
    const user = await harness.visit();
    const requests = Buffer.from(
      'GET /1 HTTP/1.1\r\nHost: example.com\r\n\r\n\r\n' +
        'POST /2 HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n' +
        'GET /none HTTP/1.1\r\nHost: other.org\r\n\r\nGET /3 HTTP/1.1\r\nHost: example.com\r\n\r\n',
    );
    for (const byte of requests) {
      user.send(Buffer.from([byte]));
      if (byte % 4 === 0) await turns(1);
    }
    const connection = await service.connection();
    for (const number of ['1', '2', '3']) {
      await connection.got(new RegExp(`/${number} HTTP[^]*${number === '2' ? '0\r\n\r\n$' : '\r\n\r\n$'}`));
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${number}`);
      await user.got(new RegExp(`\r\n\r\n${number}`));
    }
    const statuses = [...user.text.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '200', '404', '200']);
    expect(service.connections).toHaveLength(1);
  });

  it('serves the not-found page where there is no route, no connection, or an end before the answer', async () => {
    const service = harness.serve(new TestService());
    harness.vhost.setNotFoundPage(Buffer.from('nobody'));
    const user = await harness.visit();
    const page =
      /^HTTP\/1.1 404 Not Found\r\nContent-Type: text\/html; charset=utf-8\r\nContent-Length: 6\r\n\r\nnobody$/;
    user.send('GET / HTTP/1.1\r\nHost: other.org\r\n\r\n');
    await user.got(page);
    user.text = '';
    service.isDown = true;
    user.send('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
    await user.got(page);
    user.text = '';
    service.isDown = false;
    user.send('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
    const connection = await service.connection();
    await connection.got('\r\n\r\n');
    connection.stream.end();
    await user.got(page);
    expect(service.connections).toHaveLength(1);
  });

  it('asks for user and password, of a proxy by other fields', async () => {
    const service = harness.serve(new TestService({ user: 'u', password: 'p' }));
    const right = `Basic ${Buffer.from('u:p').toString('base64')}`;
    const wrong = `Basic ${Buffer.from('u:q').toString('base64')}`;
    const ask = async (target: string, field: string): Promise<string> => {
      const user = await harness.visit();
      harness.vhost.drop(service);
      user.send(`GET ${target} HTTP/1.1\r\nHost: example.com\r\n${field}\r\nConnection: close\r\n\r\n`);
      await until(() => user.isEnded);
      return user.text;
    };
    service.onConnection = (connection) => {
      void connection.got('\r\n\r\n').then(() => {
        connection.send(OK);
      });
    };
    expect(await ask('/', 'X: 1')).toMatch(/^HTTP\/1.1 401 [^]*WWW-Authenticate: Basic realm="Restricted"\r\n/);
    expect(await ask('/', `Authorization: ${wrong}`)).toMatch(/^HTTP\/1.1 401 /);
    expect(await ask('/', `Proxy-Authorization: ${right}`)).toMatch(/^HTTP\/1.1 401 /);
    expect(await ask('http://example.com/', `Authorization: ${right}`)).toMatch(
      /^HTTP\/1.1 407 [^]*Proxy-Authenticate: Basic realm="Restricted"\r\n/,
    );
    expect(service.dialledFor).toHaveLength(0);
    expect(await ask('/', `Authorization: ${right}`)).toMatch(/^HTTP\/1.1 200 /);
    expect(await ask('http://example.com/', `Proxy-Authorization: ${right}`)).toMatch(/^HTTP\/1.1 200 /);
    expect(service.connections.at(-1)?.text).not.toContain('Proxy-Authorization');
  });

  it('routes by host, location and user, and passes URLs on as URLs', async () => {
    const byPath = harness.serve(new TestService({ rewriteHost: 'inside' }), '*.example.com', '/api');
    const byUser = harness.serve(new TestService(), '*.example.com', '/api', 'bob');
    const user = await harness.visit();
    user.send('GET http://me@a.example.com/%61pix HTTP/1.1\r\nHost: other.org\r\n\r\n');
    const connection = await byPath.connection();
    await connection.got('GET http://inside/%61pix HTTP/1.1\r\nHost: inside\r\n');
    await connection.got('X-Forwarded-Host: a.example.com\r\n');
    connection.send(OK);
    await user.got('hi');
    const bob = Buffer.from('bob:').toString('base64');
    user.send(`GET /api HTTP/1.1\r\nHost: b.example.com\r\nAuthorization: Basic ${bob}\r\n\r\n`);
    await (await byUser.connection()).got('GET /api');
  });

  it('tries a request again on a new connection when the idle one turns out dead, but not one that may have had effect', async () => {
    const service = harness.serve(new TestService());
    const user = await harness.visit();
    const useThenKill = async (index: number, method: string): Promise<void> => {
      user.send(`GET /first-${method} HTTP/1.1\r\nHost: example.com\r\n\r\n`);
      const connection = await service.connection(index);
      await connection.got(`/first-${method}`);
      connection.send(OK);
      await user.got('hi');
      user.text = '';
      user.send(`${method} /second HTTP/1.1\r\nHost: example.com\r\n\r\n`);
      await connection.got(`${method} /second`);
      connection.stream.destroy();
    };
    await useThenKill(0, 'GET');
    const second = await service.connection(1);
    await second.got('/second');
    second.send(OK);
    await user.got('hi');
    user.text = '';
    await useThenKill(1, 'POST');
    await user.got('404');
    expect(service.connections).toHaveLength(2);
  });

  it('keeps five connections for a minute, and drops those that die or speak unasked', async () => {
    const service = harness.serve(new TestService());
    const users = await Promise.all(Array.from({ length: 8 }, () => harness.visit()));
    for (const user of users) user.send('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
    await until(() => service.connections.length === 8 && service.connections.every(({ text }) => text !== ''));
    for (const connection of service.connections) connection.send(OK);
    for (const user of users) await user.got('hi');
    expect(harness.vhost.idleConnections(service)).toBe(8);
    harness.pass(VHOST_LIMITS.spareIdleMs);
    expect(harness.vhost.idleConnections(service)).toBe(VHOST_LIMITS.maxIdleConnections);
    service.connections[7]?.stream.end();
    service.connections[6]?.send('HTTP/1.1 200 OK\r\n\r\n');
    await until(() => harness.vhost.idleConnections(service) === 3);
    harness.pass(VHOST_LIMITS.backendIdleMs);
    expect(harness.vhost.idleConnections(service)).toBe(0);
    await until(() => service.connections.every(({ isClosed }) => isClosed));
  });

  it('answers 504 when the head of the answer takes too long, and cuts the service off', async () => {
    const service = harness.serve(new TestService());
    const user = await harness.visit();
    user.send('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
    const connection = await service.connection();
    await connection.got('\r\n\r\n');
    harness.pass(59_999);
    await turns();
    expect(user.text).toBe('');
    harness.pass(1);
    await user.got(/^HTTP\/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n$/);
    await until(() => connection.isClosed);
  });

  it('tells the service when its user goes, by an end or a reset, and keeps nothing', async () => {
    const service = harness.serve(new TestService());
    for (const [index, go] of (['end', 'resetAndDestroy'] as const).entries()) {
      const user = await harness.visit();
      user.send('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
      const connection = await service.connection(index);
      await connection.got('\r\n\r\n');
      user.socket[go]();
      await until(() => connection.isClosed);
      await until(() => harness.vhost.connectionCount === 0);
      expect(harness.vhost.idleConnections(service)).toBe(0);
    }
  });

  it('cuts the user off when the service breaks off in the middle of an answer', async () => {
    const service = harness.serve(new TestService());
    const user = await harness.visit();
    user.send('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
    const connection = await service.connection();
    await connection.got('\r\n\r\n');
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345');
    await user.got('12345');
    connection.stream.destroy();
    await until(() => user.isEnded);
    expect(user.text).toMatch(/12345$/);
  });

  it('passes 10 MB through in each direction, and holds the sender back while nobody reads', async () => {
    const bytes = 10_000_000;
    const body = Buffer.alloc(bytes, 'tollgate');
    const hash = createHash('sha256').update(body).digest('hex');
    const service = harness.serve(new TestService());
    const user = await harness.visit();
    user.send(`PUT / HTTP/1.1\r\nHost: example.com\r\nContent-Length: ${String(bytes)}\r\n\r\n`);
    const connection = await service.connection();
    await connection.got('\r\n\r\n');
    connection.stream.pause();
    user.send(body);
    await turns(300);
    expect(user.socket.writableLength).toBeGreaterThan(0);
    connection.stream.resume();
    await until(() => connection.reader.byteCount > bytes);
    const sent = connection.reader.bytes.subarray(-bytes);
    expect(createHash('sha256').update(sent).digest('hex')).toBe(hash);
    user.socket.pause();
    connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${String(bytes)}\r\n\r\n`);
    for (let at = 0; at < bytes; at += 65_536) connection.send(body.subarray(at, at + 65_536));
    await turns(300);
    expect(connection.stream.queuedBytes).toBeGreaterThan(0);
    user.socket.resume();
    await until(() => user.text.length > bytes);
    expect(createHash('sha256').update(user.text.slice(-bytes), 'latin1').digest('hex')).toBe(hash);
  });
});

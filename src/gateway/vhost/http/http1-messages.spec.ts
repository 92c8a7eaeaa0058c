import { type IncomingHttpHeaders, connect as connectHttp2 } from 'node:http2';
import { TestService, VhostHarness, turns, until } from '../../../../test/support/http-vhost';
import { socketPair } from '@tollgate/testing';

const GET = 'GET / HTTP/1.1\r\nHost: example.com\r\n';

describe('HttpVhost', () => {
  let harness: VhostHarness;
  let service: TestService;
  beforeEach(() => {
    harness = new VhostHarness();
    service = harness.serve(
      new TestService({ headers: { 'X-Set': 'ä', Host: 'no', 'Bad\r\nName': 'x' }, responseHeaders: { Server: 'tg' } }),
    );
  });
  afterEach(() => {
    harness.close();
  });

  /** Has a request answered. @returns both as they arrived */
  async function exchange(
    request: string,
    answer: string,
    isOver: RegExp,
  ): Promise<{ asked: string; answered: string }> {
    const user = await harness.visit();
    harness.vhost.drop(service);
    const index = service.connections.length;
    user.send(request);
    const connection = await service.connection(index);
    await connection.got('\r\n\r\n');
    connection.send(answer);
    if (!/Content-Length|chunked|204|304/.test(answer)) connection.stream.end();
    await user.got(isOver);
    await turns(5);
    return { asked: connection.text, answered: user.text };
  }

  it('sets the fields that a proxy asks for, and not those that are not its to set', async () => {
    const { asked, answered } = await exchange(
      `${GET}x-set: mine\r\n\r\n`,
      'HTTP/1.1 200 OK\r\nserver: x\r\nContent-Length: 0\r\n\r\n',
      /\r\n\r\n/,
    );
    expect(asked).toContain(`\r\nX-Set: ${Buffer.from('ä').toString('latin1')}\r\n`);
    expect(asked).not.toMatch(/mine|Bad|: no/);
    expect(answered).toBe('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nServer: tg\r\n\r\n');
  });

  it('takes an answer without a body for complete: to HEAD, 204 and 304', async () => {
    const head = await exchange(
      'HEAD / HTTP/1.1\r\nHost: example.com\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n',
      /\r\n\r\n$/,
    );
    expect(head.answered).toBe('HTTP/1.1 200 OK\r\nContent-Length: 99\r\nServer: tg\r\n\r\n');
    for (const status of ['204 No Content', '304 Not Modified']) {
      const { answered } = await exchange(`${GET}\r\n`, `HTTP/1.1 ${status}\r\n\r\n`, /\r\n\r\n$/);
      expect(answered).toBe(`HTTP/1.1 ${status}\r\nServer: tg\r\n\r\n`);
    }
    expect(harness.vhost.idleConnections(service)).toBe(1);
  });

  it('passes a chunked answer on with its trailers, to HTTP/1.0 without chunks, and one until the end as it is', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n';
    const one = await exchange(`${GET}\r\n`, chunked, /T: 1\r\n\r\n$/);
    expect(one.answered).toBe(
      'HTTP/1.1 200 OK\r\nServer: tg\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n',
    );
    const old = await exchange(
      'GET / HTTP/1.0\r\nHost: example.com\r\nConnection: keep-alive\r\n\r\n',
      chunked,
      /abcde$/,
    );
    expect(old.answered).toBe('HTTP/1.1 200 OK\r\nServer: tg\r\nConnection: close\r\n\r\nabcde');
    const open = await exchange(`${GET}\r\n`, 'HTTP/1.0 200 OK\r\n\r\nuntil the end', /end$/);
    expect(open.answered).toBe('HTTP/1.1 200 OK\r\nServer: tg\r\nConnection: close\r\n\r\nuntil the end');
  });

  it('keeps a connection of HTTP/1.0 that asks for it', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
    const kept = await exchange('GET / HTTP/1.0\r\nHost: example.com\r\nConnection: Keep-Alive\r\n\r\n', answer, /hi$/);
    expect(kept.answered).toContain('\r\nConnection: keep-alive\r\n');
  });

  it('leaves it to the service whether a body is to follow', async () => {
    const user = await harness.visit();
    user.send('PUT / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    const connection = await service.connection();
    await connection.got('\r\nExpect: 100-continue\r\n');
    connection.send('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    await user.got('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    user.send('body');
    await connection.got(/\r\n\r\nbody$/);
    connection.send('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
    await user.got('201 Created');
    const second = await harness.visit();
    second.send('PUT / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    await connection.got(/body[^]*\r\n\r\n$/);
    connection.send('HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n');
    await second.got('413 Too Much\r\nContent-Length: 0\r\nServer: tg\r\nConnection: close\r\n\r\n');
    await until(() => second.isEnded && connection.isClosed);
  });

  it('joins both sides after a switch of protocols, with what came too early', async () => {
    const user = await harness.visit();
    user.send(`${GET}Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\nearly`);
    const connection = await service.connection();
    await connection.got('\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    expect(connection.text).not.toContain('early');
    connection.send('HTTP/1.1 101 Switching\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\nX: y\r\n\r\nwelcome');
    await user.got('\r\nX: y\r\nServer: tg\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\nwelcome');
    await connection.got('early');
    user.send(Buffer.from([0, 1, 2]));
    await connection.got('\0\x01\x02');
    user.socket.end();
    await until(() => connection.isClosed);
    expect(harness.vhost.idleConnections(service)).toBe(0);
  });

  it('asks no service to switch to HTTP/2, which would be a way around all rules', async () => {
    const { asked } = await exchange(
      `${GET}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n`,
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      /\r\n\r\n/,
    );
    expect(asked).not.toMatch(/h2c|upgrade|settings/i);
  });

  it('tunnels CONNECT with its own head', async () => {
    const user = await harness.visit();
    const head = 'CONNECT example.com:443 HTTP/1.1\r\nHost: other.org\r\nProxy-Authorization: x\r\n\r\n';
    user.send(`${head}early`);
    const connection = await service.connection();
    await connection.got(`${head}early`);
    connection.send('HTTP/1.1 200 Connected\r\n\r\n');
    await user.got(/^HTTP\/1.1 200 Connected\r\n\r\n$/);
    connection.stream.end();
    await until(() => user.isEnded);
  });

  it('serves HTTP/2 from the first byte on, many requests at a time, each as one of HTTP/1.1', async () => {
    const { accepted, connected } = await socketPair('net');
    harness.vhost.takeSocket(accepted);
    const client = connectHttp2('http://example.com', { createConnection: () => connected });
    const ask = (path: string, body?: string) => {
      const request = client.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST', cookie: 'a=1' });
      const seen = { status: 0, text: '', trailer: '', isOver: false };
      request.on('response', (headers) => {
        seen.status = headers[':status'] ?? 0;
      });
      request.on('trailers', (headers: IncomingHttpHeaders) => {
        seen.trailer = String(headers['t']);
      });
      request.on('data', (chunk: Buffer) => {
        seen.text += chunk.toString();
      });
      request.on('close', () => {
        seen.isOver = true;
      });
      request.end(body);
      return seen;
    };
    const posted = ask('/posted', 'body');
    const poster = await service.connection(0);
    await poster.got(
      /^POST \/posted HTTP\/1.1\r\nHost: example.com:80\r\n[^]*\r\nTransfer-Encoding: chunked\r\n[^]*0\r\n\r\n$/,
    );
    const got = ask('/got');
    const getter = await service.connection(1);
    await getter.got(/^GET \/got HTTP\/1.1\r\n[^]*cookie: a=1[^]*\r\n\r\n$/);
    getter.send(
      'HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n',
    );
    poster.send('HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nmade');
    await until(() => posted.isOver && got.isOver);
    expect(posted).toMatchObject({ status: 201, text: 'made' });
    expect(got).toMatchObject({ status: 200, text: 'abc', trailer: '1' });
    expect(poster.text).toContain('\r\n4\r\nbody\r\n0\r\n\r\n');
    client.destroy();
    await until(() => harness.vhost.connectionCount === 0);
  });
});

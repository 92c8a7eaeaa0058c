import { TestService, VhostHarness, turns, until } from '../../../../test/support/http-vhost';
import { VHOST_LIMITS } from '../limits';

const GET = 'GET / HTTP/1.1\r\nHost: example.com\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: example.com\r\n';

describe('HttpVhost given what could be read in two ways', () => {
  let harness: VhostHarness;
  let service: TestService;
  beforeEach(() => {
    harness = new VhostHarness();
    service = harness.serve(new TestService());
  });
  afterEach(() => {
    harness.close();
  });

  it.each([
    ['two framings', `${POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['two lengths', `${POST}Content-Length: 3\r\nContent-Length: 4\r\n\r\n`, 400],
    ['a list of lengths', `${POST}Content-Length: 3, 3\r\n\r\n`, 400],
    ['a signed length', `${POST}Content-Length: +3\r\n\r\n`, 400],
    ['a hexadecimal length', `${POST}Content-Length: 0x3\r\n\r\n`, 400],
    ['an empty length', `${POST}Content-Length:\r\n\r\n`, 400],
    ['a length beyond numbers', `${POST}Content-Length: 9999999999999999\r\n\r\n`, 400],
    ['another coding', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
    ['chunked twice', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['chunked with a vertical tab', `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n`, 400],
    ['chunked in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['a blank before the colon', `${POST}Content-Length : 3\r\n\r\n`, 400],
    ['a folded line', `${GET}A: b\r\n c: d\r\n\r\n`, 400],
    ['a blank line of blanks', `${GET} \r\n\r\n`, 400],
    ['a bare LF', `${GET}A: b\nContent-Length: 3\r\n\r\n`, 400],
    ['a bare CR', `${GET}A: b\rContent-Length: 3\r\n\r\n`, 400],
    ['a zero byte', `${GET}A: \0\r\n\r\n`, 400],
    ['a name that is none', `${GET}A(b: c\r\n\r\n`, 400],
    ['a line without a colon', `${GET}abc\r\n\r\n`, 400],
    ['no host', 'GET / HTTP/1.1\r\nA: b\r\n\r\n', 400],
    ['two hosts', `${GET}Host: example.com\r\n\r\n`, 400],
    ['a host with a path', 'GET / HTTP/1.1\r\nHost: example.com/x\r\n\r\n', 400],
    ['a target with a blank', 'GET / x HTTP/1.1\r\nHost: example.com\r\n\r\n', 400],
    ['a target that is none', 'GET x HTTP/1.1\r\nHost: example.com\r\n\r\n', 400],
    ['a broken escape', 'GET /%4 HTTP/1.1\r\nHost: example.com\r\n\r\n', 400],
    ['a version in small letters', 'GET / http/1.1\r\nHost: example.com\r\n\r\n', 400],
    ['a version to come', 'GET / HTTP/3.0\r\nHost: example.com\r\n\r\n', 505],
    ['an expectation of its own', `${GET}Expect: more\r\n\r\n`, 417],
    ['CONNECT with a body', 'CONNECT example.com:1 HTTP/1.1\r\nHost: example.com\r\nContent-Length: 1\r\n\r\nx', 400],
    ['too many fields', `${GET}${'A: b\r\n'.repeat(VHOST_LIMITS.maxFields)}\r\n`, 431],
    ['a head without an end', `${GET}A: ${'b'.repeat(VHOST_LIMITS.maxHeadBytes)}`, 431],
  ])('refuses %s, closes, and tells no service', async (_name, request, status) => {
    const user = await harness.visit();
    user.send(Buffer.from(`${request}GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n`, 'latin1'));
    await until(() => user.isEnded);
    expect(user.text).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} [^]*\r\nConnection: close\r\n\r\n$`));
    expect(user.text.match(/HTTP\/1.1/g)).toHaveLength(1);
    expect(service.dialledFor).toHaveLength(0);
  });

  it('takes a head of just the size that is allowed', async () => {
    const user = await harness.visit();
    const rest = VHOST_LIMITS.maxHeadBytes - `${GET}A: \r\n\r\n`.length;
    user.send(`${GET}A: ${'b'.repeat(rest)}\r\n\r\n`);
    await (await service.connection()).got('\r\n\r\n');
  });

  it.each([
    ['a bare LF behind a size', '3\nabc\r\n0\r\n\r\n'],
    ['a chunk longer than it says', '3\r\nabcd\r\n0\r\n\r\n'],
    ['a negative size', '-3\r\nabc\r\n0\r\n\r\n'],
    ['a size in C', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['a size beyond numbers', '00000000000003\r\nabc\r\n0\r\n\r\n'],
    ['a line break in an extension', '3;a\nb\r\nabc\r\n0\r\n\r\n'],
    ['an extension without an end', `3;${'a'.repeat(VHOST_LIMITS.maxChunkExtensionBytes + 1)}`],
    ['trailers without an end', `0\r\n${'a'.repeat(VHOST_LIMITS.maxTrailerBytes + 1)}`],
    ['a trailer that is none', '0\r\nA : b\r\n\r\n'],
  ])('refuses a body with %s, and cuts the service off', async (_name, body) => {
    const user = await harness.visit();
    user.send(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
    const connection = await service.connection();
    await connection.got('\r\n\r\n');
    user.send(body);
    await user.got('HTTP/1.1 400 ');
    await until(() => user.isEnded && connection.isClosed);
  });

  it('passes no trailer on that should have been known before', async () => {
    const user = await harness.visit();
    user.send(
      `${POST}Transfer-Encoding: chunked\r\n\r\n3;x="y"\r\nabc\r\n0\r\nDigest: d\r\nContent-Length: 9\r\nHost: h\r\n`,
    );
    await turns();
    user.send('\r\n');
    await (await service.connection()).got(/\r\n\r\n3;x="y"\r\nabc\r\n0\r\nDigest: d\r\n\r\n$/);
  });

  it.each([
    ['two framings', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\nabc'],
    ['a status that is none', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['a switch that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['informational answers without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(VHOST_LIMITS.maxInformational + 1)],
    ['a head without an end', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(VHOST_LIMITS.maxHeadBytes)}`],
  ])('does not pass on an answer with %s', async (_name, answer) => {
    const user = await harness.visit();
    user.send(`${GET}\r\n`);
    const connection = await service.connection();
    await connection.got('\r\n\r\n');
    connection.send(answer);
    await user.got('HTTP/1.1 404 ');
    expect(user.text).not.toContain('HTTP/1.1 200');
    await until(() => connection.isClosed);
  });

  it('uses no connection again on which more came than the answer', async () => {
    const user = await harness.visit();
    user.send(`${GET}\r\n`);
    const connection = await service.connection();
    await connection.got('\r\n\r\n');
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await user.got('hi');
    await until(() => connection.isClosed);
    expect(harness.vhost.idleConnections(service)).toBe(0);
    expect(user.text).not.toContain('evil');
  });
});

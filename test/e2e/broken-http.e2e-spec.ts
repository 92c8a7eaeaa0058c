import { useApi } from '../support/each-store';
import { newTenant, register, signatureHeaders, uniqueDate } from '../support/hmac-client';
import { send } from '../support/http-client';
import { type RawAnswer, sendRaw } from '../support/raw-http';

describe('broken HTTP', () => {
  const api = useApi(undefined, { LOG_LEVEL: 'trace', REQUEST_TIMEOUT: '1s' });

  /** A request with `Host` and `Connection: close`, so that the answer ends with the connection. */
  const ask = async (line: string, headers: readonly string[] = [], body = ''): Promise<RawAnswer> =>
    sendRaw(
      api().url,
      Buffer.from([line, 'Host: api', 'Connection: close', ...headers, '', body].join('\r\n'), 'latin1'),
    );
  const errorOf = ({ status, body }: RawAnswer): string => {
    const { error, code, timestamp, ...rest } = JSON.parse(body) as Record<string, unknown>;
    expect([code, typeof timestamp, rest]).toEqual([status, 'string', {}]);
    return `${String(status)} ${String(error)}`;
  };

  it.each([
    ['GET /api/v2/tokens/%zz HTTP/1.1', '400 malformed request target'],
    ['GET /%E0%A4%A HTTP/1.1', '400 malformed request target'],
    [`GET /api/v2/tokens/${'a'.repeat(300)} HTTP/1.1`, '414 request target too long'],
    [`GET /${'a'.repeat(9_000)} HTTP/1.1`, '404 not found'],
    [`GET /${'a'.repeat(40_000)} HTTP/1.1`, '431 request headers too large'],
    ['GET health HTTP/1.1', '400 malformed HTTP request'],
    ['GET /health HTTP/9.9', '400 malformed HTTP request'],
    ['GET /he\0alth HTTP/1.1', '400 malformed HTTP request'],
    ['NONSENSE /health HTTP/1.1', '400 malformed HTTP request'],
    ['PRI * HTTP/2.0', '400 malformed HTTP request'],
    ['PROPFIND /health HTTP/1.1', '404 not found'],
    ['TRACE /health HTTP/1.1', '404 not found'],
    ['OPTIONS * HTTP/1.1', '404 not found'],
    ['POST /health HTTP/1.1', '404 not found'],
    ['GET //health HTTP/1.1', '404 not found'],
    ['GET /api/../health HTTP/1.1', '404 not found'],
    ['GET /api/v2/tokens/ HTTP/1.1', '404 not found'],
    ['\x16\x03\x01\x02\x00\x01', '400 malformed HTTP request'],
  ])('answers %j in the form of the house', async (line, outcome) => {
    expect(errorOf(await ask(line))).toBe(outcome);
  });

  it.each([
    [['Authorization: QINIU a:b', 'Authorization: QINIU a:b'], '400 duplicate Authorization header'],
    [['authorization: a', 'AUTHORIZATION: b'], '400 duplicate Authorization header'],
    [['X-Qiniu-Date: a', 'x-qiniu-date: b'], '400 duplicate X-Qiniu-Date header'],
    [['Content-Length: 1', 'Content-Length: 2'], '400 malformed HTTP request'],
    [['Content-Length: 5', 'Transfer-Encoding: chunked'], '400 malformed HTTP request'],
    [['Content-Length: -1'], '400 malformed HTTP request'],
    [['Content-Length: 99999999999999999999'], '400 malformed HTTP request'],
    [['Transfer-Encoding: gzip'], '400 malformed HTTP request'],
    [['X-A: a\0b'], '400 malformed HTTP request'],
    [['X A: b'], '400 malformed HTTP request'],
    [['X-A: a', ' folded'], '400 malformed HTTP request'],
    [[`X-A: ${'a'.repeat(40_000)}`], '431 request headers too large'],
    [Array.from({ length: 3_000 }, (_, index) => `X-${String(index)}: a`), '431 request headers too large'],
  ])('answers the headers %j in the form of the house', async (headers, outcome) => {
    expect(errorOf(await ask('GET /api/v2/accounts/me HTTP/1.1', headers))).toBe(outcome);
  });

  it('answers a request without Host, and one that expects the unknown', async () => {
    const answer = await sendRaw(api().url, 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(errorOf(answer)).toBe('400 missing Host header');
    expect((await ask('GET /health HTTP/1.1', ['Expect: miracles'])).status).toBe(200);
    expect((await sendRaw(api().url, 'GET /health HTTP/1.0\r\n\r\n')).status).toBe(200);
  });

  it('answers headers in Latin-1 and an endless user agent', async () => {
    const answer = await ask('GET /api/v2/accounts/me HTTP/1.1', [
      'User-Agent: \xff\xfe',
      'Authorization: QINIU \xe4:b',
    ]);
    expect(errorOf(answer)).toBe('401 invalid Authorization header');
    const long = await ask('GET /api/v2/accounts/me HTTP/1.1', [`User-Agent: ${'a'.repeat(10_000)}`]);
    expect(errorOf(long)).toBe('401 missing Authorization header');
  });

  describe('with a body', () => {
    const REGISTER = 'POST /api/v2/accounts/register HTTP/1.1';

    it.each([
      ['announced too large', ['Content-Length: 999999999'], '{', '413 request body too large'],
      ['in chunks of nonsense', ['Transfer-Encoding: chunked'], 'zz\r\n', '400 malformed HTTP request'],
      [
        'in chunks too large together',
        ['Transfer-Encoding: chunked'],
        `11000\r\n${' '.repeat(0x11000)}\r\n0\r\n\r\n`,
        '413 request body too large',
      ],
      [
        'compressed',
        ['Content-Encoding: gzip', 'Content-Length: 2'],
        '\x1f\x8b',
        '400 request body is not valid UTF-8',
      ],
    ])('%s', async (_, headers, body, outcome) => {
      expect(errorOf(await ask(REGISTER, headers, body))).toBe(outcome);
    });

    it('or headers that stop half way meet their deadline', async () => {
      const [body, headers] = await Promise.all([
        ask(REGISTER, ['Content-Length: 100'], '{"email":"half@example.com",'),
        sendRaw(api().url, `${REGISTER}\r\nHost: api\r\nX-A: `),
      ]);
      for (const answer of [body, headers]) {
        expect(errorOf(answer)).toBe('408 request timed out');
        expect(answer.closed).toBe(true);
      }
    });

    it('cut off by the end of the connection registers nobody', async () => {
      const body = '{"email":"cut@example.com","company":"C","password":"correct horse"}';
      await sendRaw(
        api().url,
        `${REGISTER}\r\nHost: api\r\nContent-Length: ${String(body.length + 1)}\r\n\r\n${body}`,
        true,
      );
      expect((await register(api().url, { email: 'cut@example.com' })).status).toBe(201);
    });
  });

  it('answers pipelined requests in order', async () => {
    const one = 'GET /health HTTP/1.1\r\nHost: api\r\n\r\n';
    const two = 'GET /api/v2/accounts/me HTTP/1.1\r\nHost: api\r\n\r\n';
    const three = 'GET /nowhere HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n';
    const { text } = await sendRaw(api().url, one + two + three);
    expect([...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual(['200', '401', '404']);
  });

  it('does not lose the address of somebody who hangs up at once, nor faults over it', async () => {
    const tenant = await newTenant(api().url);
    const body = Buffer.from('{"description":"hung up on"}');
    const headers = signatureHeaders(tenant, { method: 'POST', uri: '/api/v2/tokens', date: uniqueDate(), body });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const request = [
      'POST /api/v2/tokens HTTP/1.1',
      'Host: api',
      `Content-Length: ${String(body.length)}`,
      ...lines,
      '',
      '',
    ];
    for (const head of [request.join('\r\n'), 'GET /api/v2/accounts/me HTTP/1.1\r\nHost: api\r\n\r\n']) {
      await sendRaw(api().url, `${head}${head.startsWith('POST') ? body.toString() : ''}\x01garbage\r\n\r\n`);
    }
    expect((await send(api().url, { method: 'GET', path: '/health' })).status).toBe(200);
    const logs = (await tenant.call('GET', '/api/v2/audit-logs')).list('logs');
    expect(logs.every(({ ip }) => ip === '127.0.0.1')).toBe(true);
  });

  it('is survived, all of it, without a single fault in the log', async () => {
    expect((await register(api().url)).status).toBe(201);
    expect(api().output()).not.toMatch(/"level":(?:50|60)/);
  });
});

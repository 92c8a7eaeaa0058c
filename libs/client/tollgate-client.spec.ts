import { inspect } from 'node:util';
import { StubFetch, type StubAnswer } from '../../test/support/stub-fetch';
import { TollgateApiError, TollgateTransportError, TollgateUsageError } from './errors';
import { signRequest } from './sign-request';
import { TollgateClient, type TollgateClientOptions } from './tollgate-client';

const ACCESS_KEY = 'AK_0123456789abcdef0123456789abcdef';
const SECRET_KEY = 'SK_secret-that-must-not-be-seen';
const NOW_MS = Date.UTC(2026, 0, 4, 10);

interface SetUp {
  readonly client: TollgateClient;
  readonly stub: StubFetch;
  /** Every wait before a repeat, in milliseconds. */
  readonly waits: number[];
}

function setUp(answers: StubAnswer[], options: Partial<TollgateClientOptions> = {}): SetUp {
  const stub = new StubFetch(...answers);
  const waits: number[] = [];
  const clock = {
    nowMs: () => NOW_MS,
    wait: async (delayMs: number) => {
      waits.push(delayMs);
    },
  };
  const client = new TollgateClient({
    baseUrl: 'http://api.test:8081',
    accessKey: ACCESS_KEY,
    secretKey: SECRET_KEY,
    fetch: stub.fetch,
    clock,
    ...options,
  });
  return { client, stub, waits };
}

const networkError = new TypeError('fetch failed', {
  cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
});

describe('TollgateClient', () => {
  it.each<[string, (client: TollgateClient) => Promise<unknown>, string, string, string | undefined]>([
    ['me', async (client) => client.me(), 'GET', '/api/v2/accounts/me', undefined],
    [
      'regenerateSecretKey',
      async (client) => client.regenerateSecretKey(),
      'POST',
      '/api/v2/accounts/regenerate-sk',
      undefined,
    ],
    [
      'createToken',
      async (client) => client.createToken({ description: 'ü' }),
      'POST',
      '/api/v2/tokens',
      '{"description":"ü"}',
    ],
    ['listTokens', async (client) => client.listTokens(), 'GET', '/api/v2/tokens', undefined],
    [
      'listTokens',
      async (client) => client.listTokens({ active_only: true, limit: 5 }),
      'GET',
      '/api/v2/tokens?active_only=true&limit=5',
      undefined,
    ],
    ['getToken', async (client) => client.getToken('tk_1'), 'GET', '/api/v2/tokens/tk_1', undefined],
    [
      'setTokenStatus',
      async (client) => client.setTokenStatus('tk_1', false),
      'PUT',
      '/api/v2/tokens/tk_1/status',
      '{"is_active":false}',
    ],
    ['deleteToken', async (client) => client.deleteToken('tk_1'), 'DELETE', '/api/v2/tokens/tk_1', undefined],
    ['tokenStats', async (client) => client.tokenStats('tk_1'), 'GET', '/api/v2/tokens/tk_1/stats', undefined],
    [
      'updateToken',
      async (client) => client.updateToken('tk_1', { scope: ['a:b'] }),
      'PATCH',
      '/api/v2/tokens/tk_1',
      '{"scope":["a:b"]}',
    ],
    ['tokenUsage', async (client) => client.tokenUsage('tk_1'), 'GET', '/api/v2/tokens/tk_1/usage', undefined],
    [
      'tokenUsage',
      async (client) => client.tokenUsage('tk_1', { from: '2026-01-01', granularity: 'hour' }),
      'GET',
      '/api/v2/tokens/tk_1/usage?from=2026-01-01&granularity=hour',
      undefined,
    ],
    [
      'listValidations',
      async (client) => client.listValidations('tk_1', { result: 'limited', limit: 5 }),
      'GET',
      '/api/v2/tokens/tk_1/validations?result=limited&limit=5',
      undefined,
    ],
    ['validationLog', async (client) => client.validationLog(), 'GET', '/api/v2/accounts/me/validation-log', undefined],
    [
      'setValidationLog',
      async (client) => client.setValidationLog({ enabled: true, retention_days: 3 }),
      'PUT',
      '/api/v2/accounts/me/validation-log',
      '{"enabled":true,"retention_days":3}',
    ],
    [
      'auditLogs',
      async (client) => client.auditLogs({ action: 'create_token', start_time: '2026-01-04T10:00:00+01:00' }),
      'GET',
      '/api/v2/audit-logs?action=create_token&start_time=2026-01-04T10%3A00%3A00%2B01%3A00',
      undefined,
    ],
  ])('signs %s over method, path with query and exact body', async (_name, call, method, uri, body) => {
    const { client, stub } = setUp([{ json: { ok: true } }]);

    await expect(call(client)).resolves.toEqual({ ok: true });

    const { headers, ...sent } = stub.last;
    expect(sent).toEqual({ url: `http://api.test:8081${uri}`, method, body });
    const date = headers['x-qiniu-date'] ?? '';
    expect(date).toMatch(/^2026-01-04T10:00:00\.\d{9}Z$/);
    const expected = signRequest({ method, uri, date, body: body ?? '', accessKey: ACCESS_KEY, secretKey: SECRET_KEY });
    expect(headers['authorization']).toBe(expected.Authorization);
    expect(headers['content-type']).toBe(body === undefined ? undefined : 'application/json');
  });

  it('signs what the api sees when the base URL has a path that a proxy strips', async () => {
    const { client, stub } = setUp([{}], { baseUrl: 'https://proxy.test/tollgate/' });

    await client.me();

    const { url, headers } = stub.last;
    const date = headers['x-qiniu-date'] ?? '';
    const uri = '/api/v2/accounts/me';
    expect(url).toBe('https://proxy.test/tollgate/api/v2/accounts/me');
    expect(headers['authorization']).toBe(
      signRequest({ method: 'GET', uri, date, accessKey: ACCESS_KEY, secretKey: SECRET_KEY }).Authorization,
    );
  });

  it('registers and reads the catalogue without keys, and refuses to sign without them', async () => {
    const stub = new StubFetch({ status: 201, json: { account_id: 'acc_1' } }, { json: { total: 0 } });
    const client = new TollgateClient({ baseUrl: 'http://api.test', fetch: stub.fetch });

    await client.register({ email: 'a@b.c', company: 'B', password: 'long enough' });
    await client.permissions();

    expect(stub.sent.map(({ headers }) => headers['authorization'])).toEqual([undefined, undefined]);
    await expect(client.me()).rejects.toThrow(TollgateUsageError);
    expect(stub.sent).toHaveLength(2);
  });

  it('raises what the api says as a TollgateApiError', async () => {
    const { client } = setUp([
      {
        status: 429,
        json: { error: 'Account rate limit exceeded', code: 429, timestamp: '2026-01-04T10:00:00Z' },
        headers: { 'Retry-After': '17', 'X-Request-Id': 'req-1' },
      },
    ]);

    const error = await client.createToken({ description: 'x' }).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(TollgateApiError);
    expect(error).toMatchObject({
      status: 429,
      code: 429,
      message: 'Account rate limit exceeded',
      retryAfterSeconds: 17,
      requestId: 'req-1',
    });
  });

  it('repeats a read after a broken connection and a 503, each time with a new signature', async () => {
    const { client, stub, waits } = setUp([networkError, { status: 503, text: 'down' }, { json: { id: 'acc_1' } }]);

    await expect(client.me()).resolves.toEqual({ id: 'acc_1' });

    expect(waits).toHaveLength(2);
    expect(new Set(stub.sent.map(({ headers }) => headers['authorization'])).size).toBe(3);
  });

  it('waits as long as Retry-After says, and not at all when that is too long', async () => {
    const shortWait = setUp([{ status: 503, headers: { 'Retry-After': '2' } }, {}]);
    await shortWait.client.me();
    expect(shortWait.waits).toEqual([2000]);

    const longWait = setUp([{ status: 503, headers: { 'Retry-After': 'Sun, 04 Jan 2026 10:01:00 GMT' } }]);
    await expect(longWait.client.me()).rejects.toMatchObject({ status: 503, retryAfterSeconds: 60 });
    expect(longWait.stub.sent).toHaveLength(1);
  });

  it('gives up after the allowed number of repeats', async () => {
    const { client, stub } = setUp([networkError, networkError, networkError]);

    await expect(client.me()).rejects.toMatchObject({
      failure: 'network',
      message: 'cannot reach http://api.test:8081 (ECONNREFUSED)',
    });
    expect(stub.sent).toHaveLength(3);
  });

  it.each<[string, StubAnswer]>([
    ['a request that changes something', networkError],
    ['a request that changes something', { status: 503 }],
  ])('never repeats %s', async (_name, answer) => {
    const { client, stub } = setUp([answer]);

    await expect(client.deleteToken('tk_1')).rejects.toThrow();
    expect(stub.sent).toHaveLength(1);
  });

  it.each([400, 401, 404, 429, 500, 302])('does not repeat a read that was answered %i', async (status) => {
    const { client, stub } = setUp([{ status }]);

    await expect(client.me()).rejects.toMatchObject({ status, message: `HTTP status ${String(status)}` });
    expect(stub.sent).toHaveLength(1);
  });

  it('tells an answer that is not the api from a refusal', async () => {
    const { client } = setUp([{ text: '<html>welcome</html>' }]);

    await expect(client.me()).rejects.toMatchObject({ failure: 'protocol' });
  });

  it('gives up on a server that does not answer in time', async () => {
    const { client } = setUp([], {
      timeoutMs: 1,
      retry: { maxRetries: 0 },
      fetch: async (_url, init) =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener('abort', () => {
            reject(init.signal?.reason as Error);
          });
        }),
    });

    const error = await client.me().catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(TollgateTransportError);
    expect(error).toMatchObject({ failure: 'timeout' });
  });

  it.each(['..', '.', '', 'a/b', 'a?b', 'tk_\n'])('refuses %j as a token id before sending anything', async (id) => {
    const { client, stub } = setUp([]);

    await expect(client.deleteToken(id)).rejects.toThrow(TollgateUsageError);
    expect(stub.sent).toHaveLength(0);
  });

  it.each([
    [{ baseUrl: 'ftp://api.test' }],
    [{ baseUrl: 'not a url' }],
    [{ baseUrl: 'http://user:pw@api.test' }],
    [{ baseUrl: 'http://api.test/?x=1' }],
    [{ accessKey: 'AK with space' }],
    [{ accessKey: undefined }],
    [{ secretKey: '' }],
    [{ timeoutMs: 0 }],
  ])('refuses the options %j', (options) => {
    expect(() => setUp([], options)).toThrow(TollgateUsageError);
  });

  it('shows no secret in its own or its errors’ inspect and JSON output', async () => {
    const { client } = setUp([networkError, { status: 500 }], { retry: { maxRetries: 0 } });
    const errors = [await client.me().catch(String), await client.me().catch((error: unknown) => error)];

    const shown = [client, ...errors].map(
      (value) => `${inspect(value, { depth: 9, showHidden: true })}${JSON.stringify(value)}`,
    );

    expect(shown.join('\n')).not.toContain(SECRET_KEY);
  });
});

import { describeOnEachStore, useApi } from '../support/each-store';
import { type Tenant, callWithBearer, newTenant, validate } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';

/** One of each kind that JSON knows, and some that only look harmless. */
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  9_007_199_254_740_993,
  1e308,
  '',
  ' ',
  'text',
  '\0',
  'a\0b',
  '\u001b[31m',
  '\ud800',
  '$where',
  "' OR 1=1 --",
  '../../etc/passwd',
  'x'.repeat(40_000),
  [],
  [null],
  [[[[]]]],
  ['a:b', 5],
  {},
  { $gt: '' },
  { __proto__: null, toString: 1 },
];
/** Those of them that a company or a password may well be. */
const PLAIN_TEXTS: readonly unknown[] = ['$where', "' OR 1=1 --", '../../etc/passwd', 'text'];
const JUNK_BODIES: readonly (string | Buffer)[] = [
  '{',
  '}',
  '{"description":"d"',
  '{"description":"d",}',
  'description=d',
  '"text"',
  '[]',
  '5',
  'null',
  'true',
  'NaN',
  '{"description":1e999}',
  '{"description":-0}',
  '{"__proto__":{"description":"d"}}',
  '{"constructor":{"prototype":{"description":"d"}}}',
  '{"description":{"toString":"x","valueOf":"x"}}',
  '{"description":"\\u0000"}',
  `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
  `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  `{"description":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
  `{${Array.from({ length: 4_000 }, (_, index) => `"k${String(index)}":1`).join(',')}}`,
  Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  Buffer.alloc(1_000, 0),
  'x'.repeat(1_048_576),
  `{"description":"${'x'.repeat(1_048_576)}"}`,
];

describeOnEachStore('bad input', (start) => {
  const api = useApi(start);
  let tenant: Tenant;
  let tokenId: string;
  let token: string;
  beforeAll(async () => {
    tenant = await newTenant(api().url);
    const made = await tenant.createToken({ scope: ['a:b'] });
    tokenId = made.string('token_id');
    token = made.string('token');
  });

  /** Everything that a refused request must leave as it was. */
  async function state(): Promise<unknown> {
    const accounts = await callWithBearer(api().url, api().operatorKey, 'GET', '/api/v2/admin/accounts?limit=1');
    const tokens = await tenant.call('GET', '/api/v2/tokens?limit=100');
    const me = await tenant.call('GET', '/api/v2/accounts/me');
    return [accounts.body['total'], tokens.text, me.text];
  }
  async function changesNothing(attempt: () => Promise<void>): Promise<void> {
    const before = await state();
    await attempt();
    expect(await state()).toEqual(before);
  }
  /** In the house's form, and telling nothing of the inside. */
  function expectRefusal(answer: Answer, what: unknown): void {
    const shown = JSON.stringify(what).slice(0, 200);
    if (answer.status < 400 || answer.status >= 500)
      throw new Error(`${shown}: ${String(answer.status)} ${answer.text}`);
    expect(answer.body).toEqual({ error: expect.any(String), code: answer.status, timestamp: expect.any(String) });
    expect(answer.string('error').length).toBeLessThanOrEqual(500);
    expect(answer.text).not.toMatch(/node_modules|\.[jt]s:\d|SQLITE|Mongo|ZodError|FST_/);
  }

  const register = async (body: unknown): Promise<Answer> =>
    send(api().url, { method: 'POST', path: '/api/v2/accounts/register', body });
  const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    callWithBearer(api().url, api().operatorKey, method, `/api/v2/admin/${path}`, body);

  it.each(['email', 'company', 'password'])('of any kind in %s registers nobody, and names it', async (field) => {
    await changesNothing(async () => {
      for (const value of VALUES) {
        if (field !== 'email' && PLAIN_TEXTS.includes(value)) continue;
        const answer = await register({ email: 'a@b.c', company: 'C', password: 'correct horse', [field]: value });
        expectRefusal(answer, value);
        expect(answer.string('error')).toContain(`${field}: `);
      }
    });
  });

  it.each([
    ['description', [null, true, 0, 1.5, '', ' ', '\0', 'a\0b', '\ud800', 'x'.repeat(40_000), [], {}]],
    ['scope', [true, 0, 'a:b', [null], [[]], ['a:b', 5], [''], ['a'], {}, { length: 1 }]],
    ['expires_in_seconds', [true, '5', -1, 1.5, 1e308, 9e15, [], {}]],
    ['expires_in', [true, '5', -1, 1.5, 1e308, [], {}]],
    ['expires_in_days', [true, '5', -1, 0.1, 36_501, [], {}]],
    ['expires_at', [true, 5, '', 'tomorrow', '2020-01-01T00:00:00Z', '9999-12-31T23:59:59-01:00', [], {}]],
    ['prefix', [true, 5, '', 'A', 'a-b', 'a'.repeat(13), 'ä', 'a\0', [], {}]],
    [
      'rate_limit',
      [true, 5, 'x', [], { requests_per_minute: -1 }, { requests_per_hour: '5' }, { requests_per_day: 1e300 }],
    ],
  ])('of any kind in %s makes no token, and names it', async (field, values) => {
    await changesNothing(async () => {
      for (const value of values) {
        const answer = await tenant.call('POST', '/api/v2/tokens', { description: 'd', [field]: value });
        expectRefusal(answer, value);
        expect(answer.string('error')).toMatch(new RegExp(`(?:^|; )${field}[.:]`));
      }
    });
  });

  it('of any kind in is_active, status and rate_limit changes nothing', async () => {
    await changesNothing(async () => {
      for (const value of VALUES) {
        if (value !== true) {
          expectRefusal(await tenant.call('PUT', `/api/v2/tokens/${tokenId}/status`, { is_active: value }), value);
        }
        expectRefusal(await operator('PUT', `accounts/${tenant.accountId}/status`, { status: value }), value);
        if (value === null || (typeof value === 'object' && !Array.isArray(value))) continue;
        expectRefusal(await operator('PUT', `accounts/${tenant.accountId}/rate-limit`, { rate_limit: value }), value);
      }
    });
  });

  it('of any kind in required_scope is never "no scope asked"', async () => {
    for (const value of VALUES) {
      if (value === '' || (Array.isArray(value) && value.length === 0)) continue;
      expectRefusal(await validate(api().url, token, { required_scope: value }), value);
    }
  });

  it('for a body is refused by every route that reads one, and writes nothing', async () => {
    await changesNothing(async () => {
      for (const body of JUNK_BODIES) {
        expectRefusal(await register(body), body);
        expectRefusal(await tenant.call('POST', '/api/v2/tokens', body), body);
        expectRefusal(await tenant.call('PUT', `/api/v2/tokens/${tokenId}/status`, body), body);
        expectRefusal(await operator('PUT', `accounts/${tenant.accountId}/status`, body), body);
      }
    });
  });

  it('for a body says what is the matter', async () => {
    expect((await register('{')).refusal).toBe('400 request body is not valid JSON');
    expect((await register(Buffer.from([0xff]))).refusal).toBe('400 request body is not valid UTF-8');
    expect((await register('x'.repeat(1_048_576))).refusal).toBe('413 request body too large');
    expect((await register(`"${'x'.repeat(65_534)}"`)).refusal).toBe('400 request: must be a JSON object');
    expect((await register(`"${'x'.repeat(65_535)}"`)).refusal).toBe('413 request body too large');
  });

  it('does not leak from one request into another', async () => {
    await register('{"__proto__":{"email":"a@b.c","company":"C","password":"12345678"}}');
    expect((await register({})).status).toBe(400);
    expect(({} as { email?: string }).email).toBeUndefined();
  });

  it.each([
    '%00',
    'a%00b',
    '..%2f..%2fetc',
    '%2e%2e',
    '$ne',
    "'%20OR%201=1",
    '%F0%9F%98%80',
    'a'.repeat(200),
    '0',
    '-1',
    'null',
    '__proto__',
  ])('for an id, %s, is a token that is not found', async (id) => {
    for (const [method, path, body] of [
      ['GET', `/api/v2/tokens/${id}`, undefined],
      ['GET', `/api/v2/tokens/${id}/stats`, undefined],
      ['GET', `/api/v2/tokens/${id}/usage`, undefined],
      ['GET', `/api/v2/tokens/${id}/validations`, undefined],
      ['PATCH', `/api/v2/tokens/${id}`, { description: 'd' }],
      ['DELETE', `/api/v2/tokens/${id}`, undefined],
      ['PUT', `/api/v2/tokens/${id}/status`, { is_active: false }],
    ] as const) {
      expect((await tenant.call(method, path, body)).refusal).toBe('404 token not found');
    }
    expect((await operator('GET', `accounts/${id}`)).refusal).toBe('404 account not found');
  });

  it('in a query is refused or ignored, never a fault', async () => {
    const values = [
      '%00',
      '%ff',
      '%F0%9F%98%80',
      '-1',
      '1e9',
      '99999999999999999999',
      'a'.repeat(5_000),
      '%5B%5D',
      '',
      '%',
    ];
    const names = [
      'limit',
      'offset',
      'active_only',
      'action',
      'resource_id',
      'start_time',
      'end_time',
      'search',
      'status',
      'account_id',
      '__proto__',
      'limit[]',
      'a[b][c]',
    ];
    for (const name of names) {
      for (const value of values) {
        const query = `${name}=${value}`;
        for (const answer of [
          await tenant.call('GET', `/api/v2/tokens?${query}`),
          await tenant.call('GET', `/api/v2/audit-logs?${query}`),
          await operator('GET', `accounts?${query}`),
          await operator('GET', `audit-logs?${query}`),
        ]) {
          if (answer.status !== 200) expectRefusal(answer, query);
        }
      }
    }
  });
});

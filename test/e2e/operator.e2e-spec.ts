import { describeOnEachStore, useApi } from '../support/each-store';
import { callWithBearer, newEmail, newTenant, register } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';

describeOnEachStore('the operator API', (start) => {
  const api = useApi(start);
  const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    callWithBearer(api().url, api().operatorKey, method, `/api/v2/admin/${path}`, body);

  it.each([undefined, '', 'Bearer', 'Bearer wrong-key-wrong-key', 'QINIU ak:sig', 'Basic abc'])(
    'is closed to Authorization: %s, on every route',
    async (authorization) => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      for (const [method, path] of [
        ['GET', 'accounts'],
        ['GET', 'accounts/acc_1'],
        ['PUT', 'accounts/acc_1/status'],
        ['PUT', 'accounts/acc_1/rate-limit'],
        ['PUT', 'accounts/acc_1/validation-log'],
        ['GET', 'accounts/acc_1/tokens'],
        ['PUT', 'accounts/acc_1/tokens/tk_1/rate-limit'],
        ['GET', 'audit-logs'],
      ] as const) {
        const answer = await send(api().url, { method, path: `/api/v2/admin/${path}`, headers });
        expect(answer.status).toBe(401);
        expect(answer.body).toEqual({ error: expect.any(String), code: 401, timestamp: expect.any(String) });
      }
    },
  );

  it('is closed to tenants', async () => {
    const tenant = await newTenant(api().url);
    expect((await tenant.call('GET', '/api/v2/admin/accounts')).status).toBe(401);
    const token = (await tenant.createToken({ scope: ['*'] })).string('token');
    expect((await callWithBearer(api().url, token, 'GET', '/api/v2/admin/accounts')).status).toBe(401);
  });

  it('lists, finds and shows accounts, never a secret', async () => {
    const email = newEmail();
    const made = await register(api().url, { email, company: 'Unmistakable Ltd' });
    const expected = {
      id: made.string('account_id'),
      email,
      company: 'Unmistakable Ltd',
      access_key: made.string('access_key'),
      status: 'active',
      origin: 'local',
      created_at: made.string('created_at'),
      updated_at: made.string('created_at'),
    };
    for (const search of ['mistakable', email, made.string('account_id'), made.string('access_key')]) {
      const found = await operator('GET', `accounts?search=${encodeURIComponent(search)}&status=active`);
      expect(found.status).toBe(200);
      expect(found.body).toEqual({ accounts: [expected], total: 1, limit: 50, offset: 0 });
      expect(found.text).not.toMatch(/SK_|\$2[aby]\$|v1\.|secret|password/);
    }
    expect((await operator('GET', `accounts/${expected.id}`)).body).toEqual(expected);
    for (const search of ['%', '_mistakable', 'AK_', 'no such account']) {
      expect((await operator('GET', `accounts?search=${encodeURIComponent(search)}`)).body['total']).toBe(0);
    }
  });

  it('lists newest first, a page at a time', async () => {
    const ids = [];
    for (let count = 0; count < 3; count += 1) ids.unshift((await newTenant(api().url)).accountId);
    const page = await operator('GET', 'accounts?limit=2&offset=1');
    expect(page.list('accounts').map(({ id }) => id)).toEqual(ids.slice(1));
    expect(page.body).toMatchObject({ limit: 2, offset: 1 });
  });

  it('suspends, activates, and sets and takes away limits', async () => {
    const { accountId } = await newTenant(api().url);
    const suspended = await operator('PUT', `accounts/${accountId}/status`, { status: 'suspended' });
    expect(suspended.status).toBe(200);
    expect(suspended.body).toMatchObject({ id: accountId, status: 'suspended' });
    expect((await operator('GET', 'accounts?status=suspended')).list('accounts').map(({ id }) => id)).toContain(
      accountId,
    );
    expect((await operator('PUT', `accounts/${accountId}/status`, { status: 'active' })).body['status']).toBe('active');

    const limit = { requests_per_minute: 10, requests_per_day: 100 };
    const limited = await operator('PUT', `accounts/${accountId}/rate-limit`, { rate_limit: limit });
    expect(limited.body['rate_limit']).toEqual(limit);
    expect((await operator('GET', `accounts/${accountId}`)).body['rate_limit']).toEqual(limit);
    const free = await operator('PUT', `accounts/${accountId}/rate-limit`, { rate_limit: null });
    expect(free.status).toBe(200);
    expect(free.body).not.toHaveProperty('rate_limit');
  });

  it('shows a tenant its limits', async () => {
    const tenant = await newTenant(api().url);
    await operator('PUT', `accounts/${tenant.accountId}/rate-limit`, { rate_limit: { requests_per_hour: 7 } });
    expect((await tenant.call('GET', '/api/v2/accounts/me')).body['rate_limit']).toEqual({ requests_per_hour: 7 });
  });

  it.each([
    ['PUT', 'accounts/acc_none/status', { status: 'suspended' }],
    ['PUT', 'accounts/acc_none/rate-limit', { rate_limit: null }],
    ['GET', 'accounts/acc_none', undefined],
    ['GET', 'accounts/not%20an%20id', undefined],
  ])('answers 404 to %s %s', async (method, path, body) => {
    expect((await operator(method, path, body)).refusal).toBe('404 account not found');
  });

  it.each([
    ['status', { status: 'deleted' }, 'status: must be active or suspended'],
    ['status', {}, 'status'],
    ['status', { status: 'active', extra: 1 }, 'unknown field extra'],
    ['rate-limit', {}, 'rate_limit'],
    ['rate-limit', { rate_limit: { requests_per_minute: -1 } }, 'rate_limit.requests_per_minute'],
    ['rate-limit', { rate_limit: {}, extra: 1 }, 'unknown field extra'],
  ])('refuses to set the %s to %j', async (what, body, part) => {
    const { accountId } = await newTenant(api().url);
    const before = (await operator('GET', `accounts/${accountId}`)).text;
    const answer = await operator('PUT', `accounts/${accountId}/${what}`, body);
    expect([answer.status, answer.string('error')]).toEqual([400, expect.stringContaining(part)]);
    expect((await operator('GET', `accounts/${accountId}`)).text).toBe(before);
  });

  it.each([
    'accounts?extra=1',
    'accounts?status=gone',
    'accounts?search=',
    'accounts?limit=0',
    'audit-logs?extra=1',
    'audit-logs?account_id=%00',
  ])('refuses %s', async (path) => {
    expect((await operator('GET', path)).status).toBe(400);
  });
});

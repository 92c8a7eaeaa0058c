import { describeOnEachStore, useApi } from '../support/each-store';
import { type Tenant, callWithBearer, newTenant, validate } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';

describeOnEachStore('PATCH /api/v2/tokens/{id}', (start) => {
  const api = useApi(start, { QINIU_STUB_ENABLED: 'true', QINIU_STUB_TRUSTED_CIDRS: '127.0.0.0/8' });
  let tenant: Tenant;
  let token: Answer;
  let path: string;
  beforeEach(async () => {
    tenant = await newTenant(api().url);
    token = await tenant.createToken({
      description: 'before',
      scope: ['a:b'],
      expires_in: 3_600,
      rate_limit: { requests_per_minute: 5 },
    });
    path = `/api/v2/tokens/${token.string('token_id')}`;
  });

  const check = async (scope: string): Promise<number> =>
    (await validate(api().url, token.string('token'), { required_scope: scope })).status;

  it.each([
    [{ description: 'after' }],
    [{ scope: ['c:d', 'e:*'] }],
    [{ scope: [] }],
    [{ description: 'after', scope: ['*'] }],
  ])('changes %j and nothing else', async (change) => {
    const before = (await tenant.call('GET', path)).body;
    const answer = await tenant.call('PATCH', path, change);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...before, ...change });
    expect((await tenant.call('GET', path)).body).toEqual(answer.body);
  });

  it('applies to the next validation, both ways', async () => {
    expect([await check('a:b'), await check('c:d')]).toEqual([200, 401]);
    await tenant.call('PATCH', path, { scope: ['c:d'] });
    expect([await check('a:b'), await check('c:d')]).toEqual([401, 200]);
    await tenant.call('PATCH', path, { scope: ['a:b', 'a:b'] });
    expect([await check('a:b'), await check('c:d')]).toEqual([200, 401]);
    expect((await tenant.call('GET', path)).body['scope']).toEqual(['a:b']);
  });

  it('is in the audit trail with what was changed', async () => {
    await tenant.call('PATCH', path, { description: 'after', scope: ['c:d'] });
    const [record] = (await tenant.call('GET', '/api/v2/audit-logs?action=update_token')).list('logs');
    expect(record).toMatchObject({
      resource_id: token.string('token_id'),
      result: 'success',
      request_data: { description: 'after', scope: ['c:d'] },
    });
  });

  it.each([
    [undefined, 'request'],
    [{}, 'must change description or scope'],
    [{ description: '' }, 'description: must not be empty'],
    [{ description: null }, 'description: must be a text'],
    [{ description: 'x'.repeat(513) }, 'description: must have at most 512 characters'],
    [{ description: 'a\u0000b' }, 'description'],
    [{ scope: 'a:b' }, 'scope: must be a list'],
    [{ scope: ['a'] }, 'scope.0: must be *, resource:action or resource:*'],
    [{ scope: null }, 'scope'],
    [{ description: 'after', is_active: false }, 'unknown field is_active'],
    [{ description: 'after', rate_limit: null }, 'unknown field rate_limit'],
  ])('refuses %j and changes nothing', async (body, part) => {
    const before = (await tenant.call('GET', path)).text;
    const answer = await tenant.call('PATCH', path, body);
    expect([answer.status, answer.string('error')]).toEqual([400, expect.stringContaining(part)]);
    expect((await tenant.call('GET', path)).text).toBe(before);
  });

  it("answers another account's token like a missing one, and a sibling's with 403", async () => {
    const stranger = await newTenant(api().url);
    for (const target of [path, '/api/v2/tokens/tk_none', '/api/v2/tokens/not%20an%20id']) {
      expect((await stranger.call('PATCH', target, { description: 'mine' })).refusal).toBe('404 token not found');
    }
    expect((await tenant.call('GET', path)).body['description']).toBe('before');

    const call = async (who: string, method: string, target: string, body: unknown): Promise<Answer> => {
      const headers = { 'Content-Type': 'application/json', Authorization: `QiniuStub uid=3001&ut=1&iuid=${who}` };
      return send(api().url, { method, path: target, headers, body });
    };
    const made = await call('1', 'POST', '/api/v2/tokens', { description: 'd' });
    const own = `/api/v2/tokens/${made.string('token_id')}`;
    expect((await call('2', 'PATCH', own, { description: 'mine' })).refusal).toBe('403 permission denied');
    expect((await call('1', 'PATCH', own, { description: 'mine' })).body['description']).toBe('mine');
  });
});

describeOnEachStore('tokens in the operator API', (start) => {
  const api = useApi(start, { ENABLE_TOKEN_RATE_LIMIT: 'true' });
  let tenant: Tenant;
  let token: Answer;
  beforeEach(async () => {
    tenant = await newTenant(api().url);
    token = await tenant.createToken({ description: 'd' });
  });

  const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    callWithBearer(api().url, api().operatorKey, method, `/api/v2/admin/accounts/${path}`, body);
  const limit = async (rateLimit: unknown): Promise<Answer> =>
    operator('PUT', `${tenant.accountId}/tokens/${token.string('token_id')}/rate-limit`, { rate_limit: rateLimit });
  const detail = async (): Promise<Answer> => tenant.call('GET', `/api/v2/tokens/${token.string('token_id')}`);

  it('get limits that apply from the answer on, and lose them', async () => {
    expect((await validate(api().url, token.string('token'))).status).toBe(200);
    const limited = await limit({ requests_per_minute: 1, requests_per_day: 100 });
    expect(limited.status).toBe(200);
    expect(limited.body['rate_limit']).toEqual({ requests_per_minute: 1, requests_per_day: 100 });
    expect((await detail()).body['rate_limit']).toEqual({ requests_per_minute: 1, requests_per_day: 100 });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await validate(api().url, token.string('token'))).status);
    expect(statuses.slice(1)).toEqual([429, 429]);

    for (const none of [null, {}, { requests_per_minute: 0 }]) {
      await limit({ requests_per_minute: 1 });
      const free = await limit(none);
      expect([free.status, free.body['rate_limit']]).toEqual([200, undefined]);
    }
    expect((await detail()).body).not.toHaveProperty('rate_limit');
    expect((await validate(api().url, token.string('token'))).status).toBe(200);
  });

  it('leave a trace in the audit trail of the account', async () => {
    await limit({ requests_per_hour: 7 });
    await limit(null);
    const logs = (await tenant.call('GET', '/api/v2/audit-logs?action=update_token_rate_limit')).list('logs');
    expect(logs.map(({ resource_id: id, request_data: data }) => [id, data])).toEqual([
      [token.string('token_id'), { by: 'operator', rate_limit: null }],
      [token.string('token_id'), { by: 'operator', rate_limit: { requestsPerHour: 7 } }],
    ]);
  });

  it.each([
    [{}, 'rate_limit'],
    [{ rate_limit: { requests_per_minute: -1 } }, 'rate_limit.requests_per_minute'],
    [{ rate_limit: { requests_per_minute: 10, requests_per_hour: 5 } }, 'rate_limit.requests_per_hour'],
    [{ rate_limit: null, extra: 1 }, 'unknown field extra'],
  ])('are not limited by %j', async (body, part) => {
    const answer = await operator('PUT', `${tenant.accountId}/tokens/${token.string('token_id')}/rate-limit`, body);
    expect([answer.status, answer.string('error')]).toEqual([400, expect.stringContaining(part)]);
    expect((await detail()).body).not.toHaveProperty('rate_limit');
  });

  it('are not found in an account that has them not, or that is not there', async () => {
    const other = await newTenant(api().url);
    const id = token.string('token_id');
    const body = { rate_limit: { requests_per_day: 1 } };
    for (const [path, refusal] of [
      [`${other.accountId}/tokens/${id}`, '404 token not found'],
      [`${tenant.accountId}/tokens/tk_none`, '404 token not found'],
      [`${tenant.accountId}/tokens/not%20an%20id`, '404 token not found'],
      [`acc_none/tokens/${id}`, '404 account not found'],
      [`not%20an%20id/tokens/${id}`, '404 account not found'],
    ] as const) {
      expect([path, (await operator('PUT', `${path}/rate-limit`, body)).refusal]).toEqual([path, refusal]);
    }
    expect((await operator('GET', 'acc_none/tokens')).refusal).toBe('404 account not found');
    expect((await detail()).body).not.toHaveProperty('rate_limit');
  });

  it('are listed with their limits, newest first, a page at a time, never with a value', async () => {
    await limit({ requests_per_hour: 7 });
    const disabled = await tenant.createToken();
    await tenant.call('PUT', `/api/v2/tokens/${disabled.string('token_id')}/status`, { is_active: false });
    const newest = await tenant.createToken();
    const listed = async (query: string): Promise<unknown[]> =>
      (await operator('GET', `${tenant.accountId}/tokens${query}`)).list('tokens').map(({ token_id: id }) => id);
    const ids = [newest, disabled, token].map((made) => made.string('token_id'));
    expect(await listed('')).toEqual(ids);
    expect(await listed('?active_only=true')).toEqual([ids[0], ids[2]]);
    expect(await listed('?limit=1&offset=1')).toEqual([ids[1]]);

    const all = await operator('GET', `${tenant.accountId}/tokens`);
    expect(all.body).toMatchObject({ account_id: tenant.accountId, total: 3, limit: 50, offset: 0 });
    expect(all.list('tokens').at(-1)).toMatchObject({ rate_limit: { requests_per_hour: 7 }, status: 'normal' });
    for (const made of [newest, token]) expect(all.text).not.toContain(made.string('token'));
    for (const query of ['extra=1', 'limit=0', 'active_only=maybe']) {
      expect((await operator('GET', `${tenant.accountId}/tokens?${query}`)).status).toBe(400);
    }
  });

  it('are closed to tenants and strangers', async () => {
    const path = `/api/v2/admin/accounts/${tenant.accountId}/tokens`;
    expect((await tenant.call('GET', path)).status).toBe(401);
    const setPath = `${path}/${token.string('token_id')}/rate-limit`;
    expect((await tenant.call('PUT', setPath, { rate_limit: null })).status).toBe(401);
    expect((await send(api().url, { method: 'GET', path })).status).toBe(401);
  });
});

import { describeOnEachStore, useApi } from '../support/each-store';
import { eventually } from '../support/eventually';
import { Tenant, callWithBearer, newTenant, register, validate } from '../support/hmac-client';
import { type Answer, type Json, send } from '../support/http-client';

const AUDIT_LAG_MS = 3_000;

describeOnEachStore('the audit trail', (start) => {
  const api = useApi(start);
  const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    callWithBearer(api().url, api().operatorKey, method, `/api/v2/admin/${path}`, body);

  const logs = async (tenant: Tenant, query = ''): Promise<readonly Json[]> =>
    (await tenant.call('GET', `/api/v2/audit-logs?limit=100${query}`)).list('logs');

  it('holds every management action with who, what, where from and when', async () => {
    const made = await register(api().url, { company: 'Audited Ltd' }, { 'User-Agent': 'spec/1.0' });
    let tenant = new Tenant(api().url, made.string('account_id'), made.string('access_key'), made.string('secret_key'));
    const id = (await tenant.createToken({ description: 'watched', scope: ['a:b'] })).string('token_id');
    await tenant.call('PUT', `/api/v2/tokens/${id}/status`, { is_active: false });
    await tenant.call('DELETE', `/api/v2/tokens/${id}`);
    const secretKey = (await tenant.call('POST', '/api/v2/accounts/regenerate-sk')).string('secret_key');
    tenant = new Tenant(tenant.url, tenant.accountId, tenant.accessKey, secretKey);
    for (const status of ['suspended', 'active'])
      await operator('PUT', `accounts/${tenant.accountId}/status`, { status });

    const found = await logs(tenant);
    expect(found.map(({ action, resource_id, result }) => [action, resource_id, result])).toEqual([
      ['activate_account', tenant.accountId, 'success'],
      ['suspend_account', tenant.accountId, 'success'],
      ['regenerate_secret_key', tenant.accountId, 'success'],
      ['delete_token', id, 'success'],
      ['update_token', id, 'success'],
      ['create_token', id, 'success'],
      ['register_account', tenant.accountId, 'success'],
    ]);
    expect(found.at(-1)).toEqual({
      id: expect.stringMatching(/^aud_/),
      account_id: tenant.accountId,
      action: 'register_account',
      resource_id: tenant.accountId,
      ip: '127.0.0.1',
      user_agent: 'spec/1.0',
      request_data: { email: made.string('email'), company: 'Audited Ltd' },
      result: 'success',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(found.find(({ action }) => action === 'update_token')?.['request_data']).toEqual({ is_active: false });
    expect(new Set(found.map((record) => record['id'])).size).toBe(found.length);
  });

  it('holds refused requests and failed actions, on the account they were aimed at', async () => {
    const tenant = await newTenant(api().url);
    await tenant.call('GET', '/api/v2/tokens', undefined, { secretKey: 'SK_wrong' });
    await tenant.call('DELETE', '/api/v2/tokens/tk_none');
    await tenant.call('POST', '/api/v2/tokens', {});
    await eventually(AUDIT_LAG_MS, async () => {
      const failures = (await logs(tenant)).filter(({ result }) => result === 'failure');
      expect(failures.map(({ action, error_msg }) => [action, error_msg])).toEqual(
        expect.arrayContaining([
          ['authenticate', 'invalid signature'],
          ['delete_token', 'token not found'],
          ['create_token', 'description: is required'],
        ]),
      );
    });
  });

  it('filters by action, resource and time, and pages', async () => {
    const tenant = await newTenant(api().url);
    const ids = [];
    for (let count = 0; count < 3; count += 1) ids.push((await tenant.createToken()).string('token_id'));
    expect(await logs(tenant, '&action=create_token')).toHaveLength(3);
    const [one] = await logs(tenant, `&resource_id=${ids[1] ?? ''}`);
    expect(one).toMatchObject({ resource_id: ids[1] });
    const time = String(one?.['timestamp']);
    const inclusive = await logs(tenant, `&start_time=${time}&end_time=${time}&resource_id=${ids[1] ?? ''}`);
    expect(inclusive).toEqual([one]);
    expect(await logs(tenant, '&start_time=2099-01-01T00:00:00Z')).toEqual([]);
    const page = await tenant.call('GET', '/api/v2/audit-logs?limit=1&offset=1&action=create_token');
    expect(page.body).toMatchObject({ account_id: tenant.accountId, total: 3 });
    expect(page.list('logs').map((record) => record['resource_id'])).toEqual([ids[1]]);
  });

  it.each(['action=a%20b', 'resource_id=%00', 'start_time=yesterday', 'end_time=5', 'limit=101', 'offset=-1'])(
    'refuses %s and names it',
    async (query) => {
      const answer = await (await newTenant(api().url)).call('GET', `/api/v2/audit-logs?${query}`);
      expect([answer.status, answer.string('error')]).toEqual([
        400,
        expect.stringMatching(`^${query.split('=')[0] ?? ''}: `),
      ]);
    },
  );

  it('shows an account its own records only, and the operator all of them', async () => {
    const [one, two] = [await newTenant(api().url), await newTenant(api().url)];
    expect((await logs(one)).every((record) => record['account_id'] === one.accountId)).toBe(true);
    for (const tenant of [one, two]) {
      const all = await operator('GET', `audit-logs?account_id=${tenant.accountId}`);
      expect(all.list('logs')).toEqual(await logs(tenant));
    }
    expect(Number((await operator('GET', 'audit-logs')).body['total'])).toBeGreaterThan(1);
  });

  it('is not readable by a trusted stub caller or a bearer', async () => {
    for (const Authorization of ['QiniuStub uid=1&ut=1', 'Bearer abc']) {
      const answer = await send(api().url, { method: 'GET', path: '/api/v2/audit-logs', headers: { Authorization } });
      expect(answer.refusal).toBe('401 invalid Authorization header');
    }
  });

  it('holds refused validations and missing tokens, up to the cap of one address, and tenants are still heard', async () => {
    const tenant = await newTenant(api().url);
    await validate(api().url, '');
    for (let count = 0; count < 40; count += 1) await validate(api().url, 'junk');
    await tenant.call('DELETE', '/api/v2/tokens/tk_none');
    await eventually(AUDIT_LAG_MS, async () => {
      const all = (await operator('GET', 'audit-logs?limit=100')).list('logs');
      const refused = all.filter(({ result, account_id }) => result === 'failure' && account_id === '');
      expect(refused.map((record) => record['action'])).toEqual(
        expect.arrayContaining(['validate_token', 'authenticate']),
      );
      expect(refused.length).toBeLessThanOrEqual(21);
      expect((await logs(tenant)).filter(({ action }) => action === 'delete_token')).toHaveLength(1);
    });
  });
});

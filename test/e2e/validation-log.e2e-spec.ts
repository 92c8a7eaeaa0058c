import { describeOnEachStore, useApi } from '../support/each-store';
import { type Tenant, callWithBearer, newTenant, validate } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';

const SETTING = '/api/v2/accounts/me/validation-log';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describeOnEachStore('the validation log', (start) => {
  const api = useApi(start);
  let tenant: Tenant;
  let token: Answer;
  beforeEach(async () => {
    tenant = await newTenant(api().url);
    token = await tenant.createToken({ scope: ['a:b', 'c:*'] });
  });

  const ask = async (query = ''): Promise<Answer> =>
    tenant.call('GET', `/api/v2/tokens/${token.string('token_id')}/validations${query}`);
  const set = async (body: unknown): Promise<Answer> => tenant.call('PUT', SETTING, body);
  const use = async (scope?: unknown): Promise<Answer> =>
    validate(api().url, token.string('token'), scope === undefined ? undefined : { required_scope: scope });
  const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    callWithBearer(api().url, api().operatorKey, method, `/api/v2/admin/${path}`, body);

  it('is off until it is switched on', async () => {
    expect((await tenant.call('GET', SETTING)).body).toEqual({ enabled: false });
    expect((await tenant.call('GET', '/api/v2/accounts/me')).body).not.toHaveProperty('validation_log');
    await use();
    expect((await ask()).body).toEqual({ token_id: token.string('token_id'), validations: [], total: 0 });
  });

  it('says what it was set to, here and in the account', async () => {
    for (const [body, expected] of [
      [{ enabled: true }, { enabled: true, retention_days: 7 }],
      [
        { enabled: true, retention_days: 90 },
        { enabled: true, retention_days: 90 },
      ],
      [
        { enabled: true, retention_days: 1 },
        { enabled: true, retention_days: 1 },
      ],
    ]) {
      const answer = await set(body);
      expect([answer.status, answer.body]).toEqual([200, expected]);
      expect((await tenant.call('GET', SETTING)).body).toEqual(expected);
      expect((await tenant.call('GET', '/api/v2/accounts/me')).body['validation_log']).toEqual(expected);
    }
    expect((await set({ enabled: false })).body).toEqual({ enabled: false });
    expect((await tenant.call('GET', SETTING)).body).toEqual({ enabled: false });
  });

  it('holds each validation in full, newest first, from the answer on, also of a token that was cached', async () => {
    await use();
    await set({ enabled: true });
    const headers = { Authorization: `Bearer ${token.string('token')}`, 'User-Agent': 'probe/1.0' };
    const before = new Date().toISOString();
    for (const body of [undefined, { required_scope: 'x:y' }, { required_scope: ['a:b', 'c:d'] }]) {
      await send(api().url, { method: 'POST', path: '/api/v2/validate', headers, body });
    }
    const answer = await ask();
    expect(answer.body).toMatchObject({ token_id: token.string('token_id'), total: 3 });
    const listed = answer.list('validations');
    for (const [result, scope] of [
      ['valid', ['a:b', 'c:d']],
      ['scope', ['x:y']],
      ['valid', []],
    ]) {
      expect(listed).toContainEqual({
        id: expect.stringMatching(/^val_[0-9A-Za-z]{22}$/),
        timestamp: expect.stringMatching(TIME),
        result,
        scope,
        ip: '127.0.0.1',
        user_agent: 'probe/1.0',
      });
    }
    const times = listed.map(({ timestamp }) => String(timestamp));
    expect(times).toEqual([...times].sort().reverse());
    expect((times.at(-1) ?? '') >= before).toBe(true);
  });

  it('stops when it is switched off, and keeps what it holds', async () => {
    await set({ enabled: true });
    await use();
    await set({ enabled: false });
    await use();
    expect((await ask()).body['total']).toBe(1);
  });

  it('can be narrowed by result and by time, both ends included, and paged', async () => {
    await set({ enabled: true });
    for (const scope of ['a:b', 'x:y', 'a:b', 'x:y', 'a:b']) await use(scope);
    const all = await ask();
    const times = all.list('validations').map(({ timestamp }) => String(timestamp));
    const ids = all.list('validations').map(({ id }) => id);

    expect((await ask('?result=scope')).body['total']).toBe(2);
    expect((await ask('?result=limited')).body).toMatchObject({ validations: [], total: 0 });
    const [newest = '', oldest = ''] = [times.at(0), times.at(-1)];
    expect((await ask(`?start_time=${oldest}&end_time=${newest}`)).body['total']).toBe(5);
    const upTo = times.filter((time) => time <= oldest).length;
    expect((await ask(`?end_time=${oldest}`)).body['total']).toBe(upTo);
    expect((await ask('?end_time=2020-01-01T00:00:00Z')).body['total']).toBe(0);
    const page = await ask('?limit=2&offset=3');
    expect(page.list('validations').map(({ id }) => id)).toEqual(ids.slice(3));
    expect(page.body['total']).toBe(5);
  });

  it('tells tokens of an account apart', async () => {
    await set({ enabled: true });
    await use();
    const other = await tenant.createToken();
    const answer = await tenant.call('GET', `/api/v2/tokens/${other.string('token_id')}/validations`);
    expect(answer.body).toMatchObject({ validations: [], total: 0 });
  });

  it('is set by operators too, and shown to them', async () => {
    const path = `accounts/${tenant.accountId}`;
    const answer = await operator('PUT', `${path}/validation-log`, { enabled: true, retention_days: 2 });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id: tenant.accountId,
      validation_log: { enabled: true, retention_days: 2 },
      origin: 'local',
    });
    expect((await operator('GET', path)).body).toEqual(answer.body);
    await use();
    expect((await ask()).body['total']).toBe(1);
    expect((await operator('PUT', `${path}/validation-log`, { enabled: false })).body).not.toHaveProperty(
      'validation_log',
    );
    for (const id of ['acc_none', 'not%20an%20id']) {
      expect((await operator('PUT', `accounts/${id}/validation-log`, { enabled: true })).refusal).toBe(
        '404 account not found',
      );
    }
  });

  it('leaves a trace of each change in the audit trail', async () => {
    await set({ enabled: true, retention_days: 3 });
    await operator('PUT', `accounts/${tenant.accountId}/validation-log`, { enabled: false });
    const logs = (await tenant.call('GET', '/api/v2/audit-logs?action=update_validation_log')).list('logs');
    expect(logs.map(({ result, request_data: data }) => [result, data])).toEqual([
      ['success', { by: 'operator', enabled: false }],
      ['success', { enabled: true, retention_days: 3 }],
    ]);
  });

  it.each([
    [undefined, 'request'],
    [{}, 'enabled: is required'],
    [{ enabled: 'true' }, 'enabled: must be true or false'],
    [{ enabled: 1 }, 'enabled'],
    [{ enabled: null }, 'enabled'],
    [{ enabled: true, retention_days: 0 }, 'retention_days: must be from 1 to 90'],
    [{ enabled: true, retention_days: 91 }, 'retention_days: must be from 1 to 90'],
    [{ enabled: true, retention_days: 1.5 }, 'retention_days: must be a whole number'],
    [{ enabled: true, retention_days: '7' }, 'retention_days: must be a number'],
    [{ enabled: true, retention_days: null }, 'retention_days'],
    [{ enabled: true, days: 7 }, 'unknown field days'],
  ])('is not set to %j, for anybody', async (body, part) => {
    for (const answer of [
      await set(body),
      await operator('PUT', `accounts/${tenant.accountId}/validation-log`, body),
    ]) {
      expect([answer.status, answer.string('error')]).toEqual([400, expect.stringContaining(part)]);
    }
    expect((await tenant.call('GET', SETTING)).body).toEqual({ enabled: false });
  });

  it.each([
    ['result=granted', 'result: must be one of valid, scope, inactive, expired, suspended, limited'],
    ['start_time=2026-01-01', 'start_time: must be an RFC 3339 time'],
    ['end_time=now', 'end_time: must be an RFC 3339 time'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['offset=-1', 'offset'],
    ['ip=127.0.0.1', 'unknown field ip'],
  ])('is not listed by %s', async (query, part) => {
    const answer = await ask(`?${query}`);
    expect([answer.status, answer.string('error')]).toEqual([400, expect.stringContaining(part)]);
  });
});

describeOnEachStore('the validation log and sub-accounts', (start) => {
  const api = useApi(start, { QINIU_STUB_ENABLED: 'true', QINIU_STUB_TRUSTED_CIDRS: '127.0.0.0/8' });
  const call = async (who: string, method: string, path: string, body?: unknown): Promise<Answer> => {
    const headers = { 'Content-Type': 'application/json', Authorization: `QiniuStub ${who}` };
    return send(api().url, { method, path, headers, body });
  };
  const [MAIN, ONE, TWO] = ['uid=2001&ut=1', 'uid=2001&ut=1&iuid=1', 'uid=2001&ut=1&iuid=2'];

  it('is set by the main account alone; each reads what it may see', async () => {
    expect((await call(ONE, 'PUT', SETTING, { enabled: true })).refusal).toBe('403 permission denied');
    expect((await call(MAIN, 'GET', SETTING)).body).toEqual({ enabled: false });
    expect((await call(MAIN, 'PUT', SETTING, { enabled: true })).status).toBe(200);
    expect((await call(ONE, 'GET', SETTING)).body).toEqual({ enabled: true, retention_days: 7 });

    const made = await call(ONE, 'POST', '/api/v2/tokens', { description: 'd' });
    await validate(api().url, made.string('token'));
    const path = `/api/v2/tokens/${made.string('token_id')}`;
    for (const who of [MAIN, ONE]) expect((await call(who, 'GET', `${path}/validations`)).body['total']).toBe(1);
    for (const what of ['validations', 'usage', 'stats']) {
      expect((await call(TWO, 'GET', `${path}/${what}`)).refusal).toBe('403 permission denied');
    }
  });
});

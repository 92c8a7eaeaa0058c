import { describeOnEachStore, useApi } from '../support/each-store';
import { type Tenant, callWithBearer, newTenant, validate } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describeOnEachStore('validation', (start) => {
  const api = useApi(start);
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant(api().url);
  });

  describe.each(['/api/v2/validate', '/api/v2/validateu'])('POST %s', (path) => {
    const check = async (token: string, body?: unknown): Promise<Answer> => validate(api().url, token, body, path);
    const userInfo = path.endsWith('u') ? { user_info: null } : {};

    it('tells all of a live token, and of its use before this one', async () => {
      const made = await tenant.createToken({ scope: ['storage:*'], expires_in_seconds: 3_600 });
      const info = {
        token_id: made.string('token_id'),
        account_id: tenant.accountId,
        scope: ['storage:*'],
        is_active: true,
        expires_at: made.string('expires_at'),
        ...userInfo,
      };
      const first = await check(made.string('token'));
      expect(first.status).toBe(200);
      expect(first.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(first.headers['cache-control']).toBe('no-store');
      expect(first.body).toEqual({ valid: true, message: 'Token is valid', token_info: info });
      const second = await check(made.string('token'));
      expect(second.object('token_info')).toEqual({ ...info, last_used_at: expect.stringMatching(TIME) });
    });

    it('omits the end of a token that has none', async () => {
      const made = await tenant.createToken();
      expect((await check(made.string('token'))).object('token_info')).not.toHaveProperty('expires_at');
    });

    it.each([
      ['storage:read', true],
      ['storage:*', true],
      ['cdn:purge', true],
      ['cdn:refresh', false],
      ['cdn:*', false],
      ['*', false],
      ['storages:read', false],
    ])('asked for %s: granted %s', async (scope, granted) => {
      const token = (await tenant.createToken({ scope: ['storage:*', 'cdn:purge'] })).string('token');
      for (const requested of [scope, [scope], ['storage:list', scope]]) {
        const answer = await check(token, { required_scope: requested });
        expect(answer.body['permission_check']).toEqual({ requested, granted });
        if (granted) {
          expect(answer.status).toBe(200);
          expect(answer.body).toMatchObject({ valid: true, message: 'Token is valid' });
        } else {
          expect(answer.status).toBe(401);
          expect(answer.body).toEqual({
            valid: false,
            message: 'Permission denied',
            permission_check: { requested, granted: false },
          });
        }
      }
    });

    it('grants everything to *, and to a token without scopes only a validate that asks for none', async () => {
      const all = (await tenant.createToken({ scope: ['*'] })).string('token');
      expect((await check(all, { required_scope: ['any:thing', '*'] })).status).toBe(200);
      const none = (await tenant.createToken()).string('token');
      expect((await check(none)).status).toBe(200);
      expect((await check(none, {})).status).toBe(200);
      expect((await check(none, { required_scope: '' })).status).toBe(200);
      expect((await check(none, { required_scope: 'storage:read' })).refusal).toBe('401 Permission denied');
    });

    it('takes an empty body under every Content-Type, and none at all', async () => {
      const token = (await tenant.createToken()).string('token');
      for (const type of ['application/json', 'application/x-www-form-urlencoded', 'garbage', '', undefined]) {
        const headers = { Authorization: `Bearer ${token}`, ...(type === undefined ? {} : { 'Content-Type': type }) };
        for (const body of [undefined, '']) {
          expect((await send(api().url, { method: 'POST', path, headers, body })).status).toBe(200);
        }
      }
    });

    it('reads a JSON body under a form type: never "no scope asked"', async () => {
      const token = (await tenant.createToken()).string('token');
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-www-form-urlencoded' };
      const body = { required_scope: 'storage:read' };
      expect((await send(api().url, { method: 'POST', path, headers, body })).refusal).toBe('401 Permission denied');
      delete (headers as { 'Content-Type'?: string })['Content-Type'];
      expect((await send(api().url, { method: 'POST', path, headers, body })).refusal).toBe('401 Permission denied');
    });

    it.each([
      '{"required_scope":',
      'required_scope=storage:read',
      '"storage:read"',
      '[]',
      'null',
      '5',
      '{"required_scope":5}',
      '{"required_scope":null}',
      '{"required_scope":true}',
      '{"required_scope":{}}',
      '{"required_scope":[5]}',
      '{"required_scope":["storage:read",""]}',
      '{"required_scope":"storage"}',
      '{"required_scope":"a:b:c"}',
    ])('answers 400 to %s: never "no scope asked"', async (body) => {
      const token = (await tenant.createToken({ scope: ['*'] })).string('token');
      const answer = await check(token, body);
      expect(answer.status).toBe(400);
      expect(answer.body).toEqual({ error: expect.any(String), code: 400, timestamp: expect.stringMatching(TIME) });
    });

    it('answers each kind of refusal in the words of the contract', async () => {
      const disabled = await tenant.createToken();
      await tenant.call('PUT', `/api/v2/tokens/${disabled.string('token_id')}/status`, { is_active: false });
      const expired = await tenant.createToken({ expires_in_seconds: 1 });
      const disabledAndExpired = await tenant.createToken({ expires_in_seconds: 1 });
      await tenant.call('PUT', `/api/v2/tokens/${disabledAndExpired.string('token_id')}/status`, { is_active: false });
      await new Promise((resolve) => setTimeout(resolve, 1_050));
      const cases = [
        [otherwiseEnded(disabled.string('token')), 'Token not found'],
        ['junk', 'Token not found'],
        [`sk-${'ab'.repeat(32)}`, 'Token not found'],
        [disabled.string('token'), 'Token is inactive'],
        [disabledAndExpired.string('token'), 'Token is inactive'],
        [expired.string('token'), 'Token has expired'],
      ] as const;
      for (const [token, message] of cases) {
        const answer = await check(token, { required_scope: 'storage:read' });
        expect(answer.status).toBe(401);
        expect(answer.body).toEqual({ valid: false, message });
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      }
    });

    it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'QINIU ak:sig'])(
      'answers 401 to Authorization: %s',
      async (authorization) => {
        const headers = authorization === undefined ? {} : { Authorization: authorization };
        const answer = await send(api().url, { method: 'POST', path, headers });
        expect(answer.status).toBe(401);
        expect(answer.body).toEqual({
          error: 'invalid authorization header',
          code: 401,
          timestamp: expect.stringMatching(TIME),
        });
      },
    );
  });

  describe('a change', () => {
    const operator = async (path: string, body: unknown): Promise<Answer> =>
      callWithBearer(api().url, api().operatorKey, 'PUT', path, body);

    it('of a token that was validated a moment ago counts on the very next validate', async () => {
      const made = await tenant.createToken();
      const token = made.string('token');
      const path = `/api/v2/tokens/${made.string('token_id')}`;
      for (let round = 0; round < 5; round += 1) {
        expect((await validate(api().url, token)).status).toBe(200);
        await tenant.call('PUT', `${path}/status`, { is_active: false });
        expect((await validate(api().url, token)).refusal).toBe('401 Token is inactive');
        await tenant.call('PUT', `${path}/status`, { is_active: true });
      }
      expect((await validate(api().url, token)).status).toBe(200);
      await tenant.call('DELETE', path);
      expect((await validate(api().url, token)).refusal).toBe('401 Token not found');
    });

    it('of the account counts on the very next validate and signed request', async () => {
      const other = await newTenant(api().url);
      const token = (await other.createToken({ scope: ['*'] })).string('token');
      const path = `/api/v2/admin/accounts/${other.accountId}/status`;
      for (let round = 0; round < 3; round += 1) {
        expect((await validate(api().url, token)).status).toBe(200);
        expect((await operator(path, { status: 'suspended' })).status).toBe(200);
        expect((await validate(api().url, token, { required_scope: 'a:b' })).refusal).toBe('401 Account is suspended');
        expect((await other.call('GET', '/api/v2/tokens')).refusal).toBe('403 account suspended');
        expect((await operator(path, { status: 'active' })).status).toBe(200);
        expect((await other.call('GET', '/api/v2/tokens')).status).toBe(200);
      }
    });

    it('under load is never answered by what was known before it', async () => {
      const made = await tenant.createToken();
      const token = made.string('token');
      let done = false;
      const load = Array.from({ length: 8 }, async () => {
        while (!done) await validate(api().url, token);
      });
      for (let round = 0; round < 10; round += 1) {
        const isActive = round % 2 === 1;
        await tenant.call('PUT', `/api/v2/tokens/${made.string('token_id')}/status`, { is_active: isActive });
        expect((await validate(api().url, token)).status).toBe(isActive ? 200 : 401);
      }
      done = true;
      await Promise.all(load);
    });
  });

  it('counts only what was granted', async () => {
    const made = await tenant.createToken({ scope: ['a:b'] });
    const token = made.string('token');
    await validate(api().url, token, { required_scope: 'a:b' });
    await validate(api().url, token, { required_scope: 'c:d' });
    await validate(api().url, token, { required_scope: 5 });
    const stats = await tenant.call('GET', `/api/v2/tokens/${made.string('token_id')}/stats`);
    expect(stats.body['total_requests']).toBe(1);
  });
});

/** A token with another last character. */
function otherwiseEnded(token: string): string {
  return `${token.slice(0, -1)}${token.endsWith('x') ? 'y' : 'x'}`;
}

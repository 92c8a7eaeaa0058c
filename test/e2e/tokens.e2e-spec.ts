import { describeOnEachStore, useApi } from '../support/each-store';
import { type Tenant, newTenant, validate } from '../support/hmac-client';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describeOnEachStore('tokens', (start) => {
  const api = useApi(start);
  let tenant: Tenant;
  beforeEach(async () => {
    tenant = await newTenant(api().url);
  });

  const create = async (fields: Record<string, unknown>): ReturnType<Tenant['call']> =>
    tenant.call('POST', '/api/v2/tokens', { description: 'd', ...fields });
  const lifetimeOf = (body: Readonly<Record<string, unknown>>): number =>
    (Date.parse(String(body['expires_at'])) - Date.parse(String(body['created_at']))) / 1_000;

  describe('POST /api/v2/tokens', () => {
    it('answers 201 with the whole token, once', async () => {
      const answer = await create({
        description: 'image resizer',
        scope: ['storage:read', 'cdn:*'],
        expires_in_seconds: 3_600,
        prefix: 'img_1',
        rate_limit: { requests_per_minute: 60, requests_per_hour: 1_000, requests_per_day: 10_000 },
      });
      expect(answer.status).toBe(201);
      expect(answer.body).toEqual({
        token_id: expect.stringMatching(/^tk_[0-9A-Za-z]+$/),
        token: expect.stringMatching(/^img_1-[0-9A-Za-z]{64,}$/),
        account_id: tenant.accountId,
        description: 'image resizer',
        scope: ['storage:read', 'cdn:*'],
        rate_limit: { requests_per_minute: 60, requests_per_hour: 1_000, requests_per_day: 10_000 },
        created_at: expect.stringMatching(TIME),
        expires_at: expect.stringMatching(TIME),
        is_active: true,
      });
      expect(lifetimeOf(answer.body)).toBe(3_600);
    });

    it('omits what there is none of, rather than answer null', async () => {
      const { body } = await create({});
      expect(Object.keys(body).sort()).toEqual(
        ['account_id', 'created_at', 'description', 'is_active', 'scope', 'token', 'token_id'].sort(),
      );
      expect(body['token']).toMatch(/^sk-[0-9A-Za-z]{64,}$/);
      expect(body['scope']).toEqual([]);
    });

    it.each([
      [{ expires_in_seconds: 60 }, 60],
      [{ expires_in: 61 }, 61],
      [{ expires_in_days: 2 }, 172_800],
      [{ expires_in_seconds: 86_400, expires_in: 86_400, expires_in_days: 1 }, 86_400],
    ])('ends the token of %j after %d seconds', async (fields, seconds) => {
      expect(lifetimeOf((await create(fields)).body)).toBe(seconds);
    });

    it('ends a token at an instant', async () => {
      const answer = await create({ expires_at: '2099-06-30T14:00:00.25+02:00' });
      expect(answer.body['expires_at']).toBe('2099-06-30T12:00:00.250Z');
    });

    it.each([{ expires_in_seconds: 0 }, { expires_in: 0 }, { expires_in_days: 0 }])(
      'never ends the token of %j',
      async (fields) => {
        expect((await create(fields)).body).not.toHaveProperty('expires_at');
      },
    );

    it.each([
      [{ expires_in_seconds: -5 }, 'expires_in_seconds'],
      [{ expires_in: -1 }, 'expires_in'],
      [{ expires_in_days: -1 }, 'expires_in_days'],
      [{ expires_in_seconds: 60, expires_in: 120 }, 'expires_in'],
      [{ expires_in_seconds: 60, expires_in: 61 }, 'expires_in'],
      [{ expires_in_seconds: 60, expires_at: '2099-01-01T00:00:00Z' }, 'expires_at'],
      [{ expires_in_days: 1, expires_in_seconds: 60 }, 'expires_in_days'],
      [{ expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
      [{ expires_at: 'tomorrow' }, 'expires_at'],
      [{ prefix: 'Sk' }, 'lowercase'],
      [{ prefix: 'sk-1' }, 'lowercase'],
      [{ prefix: 'a'.repeat(13) }, '12'],
      [{ prefix: '' }, 'prefix'],
      [{ scope: ['storage'] }, 'scope.0'],
      [{ scope: ['storage:'] }, 'scope.0'],
      [{ scope: ['a:b:c'] }, 'scope.0'],
      [{ scope: 'storage:read' }, 'scope'],
      [{ description: undefined }, 'description: is required'],
      [{ rate_limit: { requests_per_minute: -1 } }, 'rate_limit.requests_per_minute'],
      [{ rate_limit: { requests_per_hour: 0.5 } }, 'rate_limit.requests_per_hour'],
    ])('refuses %j, names it, and makes nothing', async (fields, part) => {
      const answer = await create(fields);
      expect(answer.status).toBe(400);
      expect(answer.body).toEqual({
        error: expect.stringContaining(part),
        code: 400,
        timestamp: expect.stringMatching(TIME),
      });
      expect(await tenant.tokenTotal()).toBe(0);
    });

    it('takes the longest and the shortest prefix, and a resource that no catalogue knows', async () => {
      expect((await create({ prefix: 'a' })).string('token')).toMatch(/^a-/);
      expect((await create({ prefix: '_abcdef_0123' })).string('token')).toMatch(/^_abcdef_0123-/);
      expect((await create({ scope: ['rockets:launch', '*'] })).status).toBe(201);
    });

    it('leaves out a limit of 0 and fields it does not know', async () => {
      const { body } = await create({
        rate_limit: { requests_per_minute: 0, requests_per_day: 5 },
        token: 'sk-mine',
        id: 1,
      });
      expect(body['rate_limit']).toEqual({ requests_per_day: 5 });
      expect(body['token']).not.toBe('sk-mine');
      expect((await create({ rate_limit: {} })).body).not.toHaveProperty('rate_limit');
    });
  });

  describe('GET /api/v2/tokens', () => {
    it('lists newest first, with previews instead of values', async () => {
      const made = [];
      for (const description of ['first', 'second'])
        made.push(await create({ description, expires_in: 60, scope: ['a:b'] }));
      const answer = await tenant.call('GET', '/api/v2/tokens');
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ account_id: tenant.accountId, tokens: expect.any(Array), total: 2 });
      expect(answer.list('tokens')).toEqual(
        made.reverse().map((one) => ({
          token_id: one.string('token_id'),
          token_preview: `${one.string('token').slice(0, 15)}${'*'.repeat(30)}${one.string('token').slice(45)}`,
          description: one.string('description'),
          scope: ['a:b'],
          created_at: one.string('created_at'),
          expires_at: one.string('expires_at'),
          is_active: true,
          status: 'normal',
          total_requests: 0,
        })),
      );
    });

    it('pages: 50 unless asked, at most 100, with the total of all', async () => {
      await Promise.all(Array.from({ length: 53 }, async () => tenant.createToken()));
      const whole = await tenant.call('GET', '/api/v2/tokens?limit=100');
      const ids = whole.list('tokens').map(({ token_id }) => token_id);
      expect(new Set(ids).size).toBe(53);
      const first = await tenant.call('GET', '/api/v2/tokens');
      expect([first.list('tokens').length, first.body['total']]).toEqual([50, 53]);
      const page = await tenant.call('GET', '/api/v2/tokens?limit=2&offset=51');
      expect(page.list('tokens').map(({ token_id }) => token_id)).toEqual(ids.slice(51));
      const past = await tenant.call('GET', '/api/v2/tokens?offset=1000');
      expect(past.body).toMatchObject({ tokens: [], total: 53 });
    });

    it.each(['limit=101', 'limit=0', 'limit=-1', 'limit=x', 'offset=-1', 'active_only=maybe', 'limit=1&limit=2'])(
      'refuses %s and names the parameter',
      async (query) => {
        const answer = await tenant.call('GET', `/api/v2/tokens?${query}`);
        expect(answer.status).toBe(400);
        expect(answer.string('error')).toMatch(new RegExp(`^${query.split('=')[0] ?? ''}: `));
      },
    );

    it('tells disabled and expired ones apart, and leaves both out with active_only', async () => {
      const live = (await create({})).string('token_id');
      const disabled = (await create({ expires_in_seconds: 1 })).string('token_id');
      const expired = (await create({ expires_in_seconds: 1 })).string('token_id');
      await tenant.call('PUT', `/api/v2/tokens/${disabled}/status`, { is_active: false });
      await new Promise((resolve) => setTimeout(resolve, 1_050));
      const all = await tenant.call('GET', '/api/v2/tokens');
      const status = Object.fromEntries(all.list('tokens').map((token) => [token['token_id'], token['status']]));
      expect(status).toEqual({ [live]: 'normal', [disabled]: 'disabled', [expired]: 'expired' });
      const active = await tenant.call('GET', '/api/v2/tokens?active_only=true');
      expect(active.list('tokens').map(({ token_id }) => token_id)).toEqual([live]);
      expect(active.body['total']).toBe(1);
    });
  });

  describe('GET /api/v2/tokens/{id}', () => {
    it('shows one token, its value masked twice over', async () => {
      const made = await create({ expires_in: 60, rate_limit: { requests_per_minute: 5 } });
      const value = made.string('token');
      const preview = `${value.slice(0, 15)}${'*'.repeat(30)}${value.slice(45)}`;
      const answer = await tenant.call('GET', `/api/v2/tokens/${made.string('token_id')}`);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        token_id: made.string('token_id'),
        account_id: tenant.accountId,
        token: preview,
        token_preview: preview,
        description: 'd',
        scope: [],
        rate_limit: { requests_per_minute: 5 },
        created_at: made.string('created_at'),
        expires_at: made.string('expires_at'),
        is_active: true,
        status: 'normal',
        total_requests: 0,
      });
    });
  });

  describe('PUT /api/v2/tokens/{id}/status', () => {
    it('switches a token off and on, and says so', async () => {
      const made = await create({});
      const path = `/api/v2/tokens/${made.string('token_id')}`;
      for (const isActive of [false, true, true]) {
        const answer = await tenant.call('PUT', `${path}/status`, { is_active: isActive });
        expect(answer.status).toBe(200);
        expect(answer.body).toEqual({
          message: 'Token status updated successfully',
          token_id: made.string('token_id'),
          is_active: isActive,
          updated_at: expect.stringMatching(TIME),
        });
        expect((await tenant.call('GET', path)).body['is_active']).toBe(isActive);
        expect((await validate(api().url, made.string('token'))).status).toBe(isActive ? 200 : 401);
      }
    });

    it.each([{}, { is_active: 'false' }, { is_active: 0 }, { is_active: null }, undefined])(
      'refuses %j and changes nothing',
      async (body) => {
        const id = (await create({})).string('token_id');
        const answer = await tenant.call('PUT', `/api/v2/tokens/${id}/status`, body);
        expect(answer.status).toBe(400);
        expect((await tenant.call('GET', `/api/v2/tokens/${id}`)).body['is_active']).toBe(true);
      },
    );
  });

  describe('DELETE /api/v2/tokens/{id}', () => {
    it('deletes once, for good', async () => {
      const made = await create({});
      const path = `/api/v2/tokens/${made.string('token_id')}`;
      const answer = await tenant.call('DELETE', path);
      expect(answer.status).toBe(200);
      expect(answer.body['message']).toBe('Token deleted successfully');
      for (const method of ['DELETE', 'GET'])
        expect((await tenant.call(method, path)).refusal).toBe('404 token not found');
      expect((await validate(api().url, made.string('token'))).refusal).toBe('401 Token not found');
      expect(await tenant.tokenTotal()).toBe(0);
    });
  });

  describe('GET /api/v2/tokens/{id}/stats', () => {
    it('counts each use, by day', async () => {
      const made = await create({});
      const path = `/api/v2/tokens/${made.string('token_id')}/stats`;
      expect((await tenant.call('GET', path)).body).toEqual({
        token_id: made.string('token_id'),
        total_requests: 0,
        created_at: made.string('created_at'),
        daily_stats: [],
        results: { valid: 0, scope: 0, inactive: 0, expired: 0, suspended: 0, limited: 0 },
      });
      const before = new Date().toISOString();
      for (let use = 0; use < 3; use += 1) await validate(api().url, made.string('token'));
      const { body } = await tenant.call('GET', path);
      expect(body).toMatchObject({ total_requests: 3, last_used_at: expect.stringMatching(TIME) });
      expect(String(body['last_used_at']) >= before).toBe(true);
      const days = body['daily_stats'] as { date: string; requests: number }[];
      expect(days.map(({ date }) => date).every((date) => /^\d{4}-\d\d-\d\d$/.test(date))).toBe(true);
      expect(days.reduce((sum, { requests }) => sum + requests, 0)).toBe(3);
      const detail = await tenant.call('GET', `/api/v2/tokens/${made.string('token_id')}`);
      expect(detail.body).toMatchObject({ total_requests: 3, last_used_at: body['last_used_at'] });
    });
  });
});

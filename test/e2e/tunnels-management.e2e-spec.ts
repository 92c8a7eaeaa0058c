import { eventually } from '../support/eventually';
import { type Tenant, callWithBearer, expectStatus, newTenant } from '../support/hmac-client';
import { type Answer, type Json, send } from '../support/http-client';
import { ADMIN_TUNNELS, TUNNELS, describeOnEachTunnelStore } from '../support/tunnel-stores';

const MAX_TOKENS = 3;
const REFUSAL_SEEN_MS = 5_000;
const EVERYTHING = {
  region: 'us',
  enabled: true,
  allow_ports: [{ start: 20_000, end: 20_099 }, { single: 25_000 }],
  max_ports_per_client: 5,
  bandwidth_limit: '10MB',
  traffic_report_interval_mb: 100,
  description: 'office',
  expires_at: '2099-01-31T00:00:00Z',
  max_clients: 2,
  max_ports: 10,
  max_connections: 1_000,
  allow_ips: ['203.0.113.0/24', '2001:db8::1'],
  monthly_traffic_gb: 0.5,
  monthly_traffic_policy: 'throttle',
  subdomains: ['web'],
  custom_domains: ['www.example.com'],
};

const env = {
  TUNNEL_TOKENS_PER_ACCOUNT: String(MAX_TOKENS),
  QINIU_STUB_ENABLED: 'true',
  QINIU_STUB_TRUSTED_CIDRS: '127.0.0.0/8',
};

describeOnEachTunnelStore('tunnel tokens', env, (running) => {
  let tenant: Tenant;
  beforeEach(async () => {
    tenant = await newTenant(running().api.url);
  });
  const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    callWithBearer(running().api.url, running().api.operatorKey, method, path, body);
  const create = async (fields: Json = {}): Promise<Answer> =>
    expectStatus(201, await tenant.call('POST', TUNNELS, fields));
  const pathOf = (token: Answer): string => `${TUNNELS}/${token.string('token_id')}`;

  it('are made with every setting, and show their value this once', async () => {
    const made = await create(EVERYTHING);
    const shown = {
      token_id: expect.stringMatching(/^tt_[0-9A-Za-z]{22}$/),
      account_id: tenant.accountId,
      token_preview: expect.stringMatching(/^tgt_\w{4}…\w{4}$/),
      state: 'active',
      ...EVERYTHING,
      suspended: false,
      created_at: expect.any(String),
    };
    expect(made.body).toEqual({ ...shown, token: expect.stringMatching(/^tgt_[0-9A-Za-z]{40}$/) });
    expect((await tenant.call('GET', pathOf(made))).body).toEqual(shown);
    expect((await tenant.call('GET', TUNNELS)).body).toEqual({ tunnels: [shown], total: 1, limit: 50, offset: 0 });
    expect((await operator('GET', `${ADMIN_TUNNELS}/${made.string('token_id')}`)).body).toEqual(shown);
  });

  it('need nothing but what the installation has for all', async () => {
    expect((await tenant.call('POST', TUNNELS)).body).toMatchObject({ region: 'eu', enabled: true, state: 'active' });
    const nulls = { allow_ports: null, max_clients: null, expires_at: null, description: null };
    const made = await create(nulls);
    expect(Object.keys(made.body)).not.toEqual(expect.arrayContaining(['allow_ports']));
  });

  const WRONG: readonly (readonly [Json, string])[] = [
    [{ region: '' }, 'region: must not be empty'],
    [{ region: null }, 'region: must be a text'],
    [{ region: 'a\u0000' }, 'region: must not contain control characters'],
    [{ region: 'x'.repeat(129) }, 'region: must have at most 128 characters'],
    [{ enabled: 'yes' }, 'enabled: must be true or false'],
    [{ enabled: null }, 'enabled: must be true or false'],
    [{ allow_ports: [{ single: 65_536 }] }, 'allow_ports: must list ports from 1 to 65535'],
    [{ allow_ports: [{ start: 9, end: 8 }] }, 'allow_ports: has a range whose start is above its end'],
    [{ allow_ports: [{ single: 80, start: 70 }] }, 'allow_ports: must list {"single":n} or {"start":a,"end":b}'],
    [{ allow_ports: '80' }, 'allow_ports: must be a list'],
    [{ max_ports_per_client: -1 }, 'max_ports_per_client: must be a whole number from 0 on'],
    [{ bandwidth_limit: '0.0009KB' }, 'bandwidth_limit: must be a number with MB or KB'],
    [{ bandwidth_limit: '10Mbit' }, 'bandwidth_limit: must be a number with MB or KB'],
    [{ traffic_report_interval_mb: 1.5 }, 'traffic_report_interval_mb: must be a whole number from 0 on'],
    [{ description: 1 }, 'description: must be a text'],
    [{ description: 'x'.repeat(513) }, 'description: must have at most 512 characters'],
    [{ description: 'a\u0007' }, 'description: must not contain control characters'],
    [{ expires_at: '2099-02-30T00:00:00Z' }, 'expires_at: must be an instant as in RFC 3339'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, 'expires_at: must be in the future'],
    [{ expires_at: 'tomorrow' }, 'expires_at: must be an instant as in RFC 3339'],
    [{ max_clients: '2' }, 'max_clients: must be a whole number from 0 on'],
    [{ max_ports: -1 }, 'max_ports: must be a whole number from 0 on'],
    [{ max_connections: 0.5 }, 'max_connections: must be a whole number from 0 on'],
    [{ allow_ips: ['10.0.0.0/33'] }, 'allow_ips: must list IP addresses or CIDR blocks'],
    [{ monthly_traffic_gb: -1 }, 'monthly_traffic_gb: must be a number from 0 on'],
    [{ monthly_traffic_policy: 'beg' }, 'monthly_traffic_policy: must be refuse or throttle'],
    [{ subdomains: ['a.b'] }, 'subdomains: must list single labels'],
    [{ custom_domains: ['-'] }, 'custom_domains: must list domain names'],
    [{ suspended: false }, 'unknown field suspended'],
    [{ token: 'mine' }, 'unknown field token'],
    [{ allowPorts: [] }, 'unknown field allowPorts'],
    [{ account_id: 'acc_1' }, 'unknown field account_id'],
  ];

  it.each(WRONG)('are refused with %j in words that name the field', async (fields, text) => {
    const made = await create({ description: 'stays' });
    for (const [method, path] of [
      ['POST', TUNNELS],
      ['PATCH', pathOf(made)],
    ] as const) {
      const answer = await tenant.call(method, path, fields);
      expect(answer.body).toEqual({ error: expect.stringContaining(text), code: 400, timestamp: expect.any(String) });
    }
    const list = await tenant.call('GET', TUNNELS);
    expect(list.list('tunnels')).toEqual([expect.objectContaining({ description: 'stays', region: 'eu' })]);
  });

  it('are refused a change of nothing, and wildcards from an account', async () => {
    const made = await create();
    expect((await tenant.call('PATCH', pathOf(made), {})).refusal).toBe('400 request: must change something');
    for (const domain of ['*', '*.example.com']) {
      const refusal = '403 custom_domains: wildcards are given by operators only';
      expect((await tenant.call('POST', TUNNELS, { custom_domains: [domain] })).refusal).toBe(refusal);
      expect((await tenant.call('PATCH', pathOf(made), { custom_domains: [domain] })).refusal).toBe(refusal);
    }
  });

  it('change field by field; null takes one away', async () => {
    const made = await create(EVERYTHING);
    const changed = await tenant.call('PATCH', pathOf(made), { max_clients: null, bandwidth_limit: '1MB' });
    const { max_clients: _gone, ...rest } = EVERYTHING;
    expect(changed.body).toMatchObject({ ...rest, bandwidth_limit: '1MB' });
    expect(changed.body).not.toHaveProperty('max_clients');
    expect((await tenant.call('PATCH', pathOf(made), { enabled: false })).body).toMatchObject({ state: 'disabled' });
    expect((await tenant.call('PATCH', pathOf(made), { enabled: true })).body).toMatchObject({ state: 'active' });
  });

  it('lose no change of many at once', async () => {
    const made = await create();
    const changes = [{ max_clients: 1 }, { max_ports: 2 }, { max_connections: 3 }, { description: 'four' }];
    const answers = await Promise.all(changes.map((change) => tenant.call('PATCH', pathOf(made), change)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await tenant.call('GET', pathOf(made))).body).toMatchObject(Object.assign({}, ...changes) as Json);
  });

  it('are deleted once', async () => {
    const made = await create();
    const answers = await Promise.all([1, 2, 3].map(() => tenant.call('DELETE', pathOf(made))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    expect((await tenant.call('GET', pathOf(made))).refusal).toBe('404 tunnel token not found');
    expect((await tenant.call('GET', TUNNELS)).body['total']).toBe(0);
  });

  it('are found by a part of what they are called, page by page', async () => {
    for (const description of ['web one', 'web two', 'mail']) await create({ description });
    expect((await tenant.call('GET', `${TUNNELS}?search=WEB`)).body['total']).toBe(2);
    const page = await tenant.call('GET', `${TUNNELS}?limit=1&offset=2`);
    expect(page.list('tunnels')).toEqual([expect.objectContaining({ description: 'web one' })]);
    expect(page.body).toMatchObject({ total: 3, limit: 1, offset: 2 });
    expect((await tenant.call('GET', `${TUNNELS}?limit=0`)).status).toBe(400);
    expect((await tenant.call('GET', `${TUNNELS}?account_id=x`)).refusal).toBe('400 request: unknown field account_id');
  });

  it("are nobody else's: every route answers as if there were none", async () => {
    const made = await create();
    const stranger = await newTenant(running().api.url);
    const bearer = (await stranger.createToken({ scope: ['tunnel:*'] })).string('token');
    const routes = [
      ['GET', pathOf(made), undefined],
      ['PATCH', pathOf(made), { enabled: false }],
      ['POST', `${pathOf(made)}/rotate`, undefined],
      ['DELETE', pathOf(made), undefined],
    ] as const;
    for (const [method, path, body] of routes) {
      const none = path.replace(/tt_\w+/, 'tt_0000000000000000000000');
      for (const there of [path, none, path.replace(/tt_\w+/, 'tk_1')]) {
        expect((await stranger.call(method, there, body)).refusal).toBe('404 tunnel token not found');
        const byBearer = await callWithBearer(running().api.url, bearer, method, there, body);
        expect(byBearer.refusal).toBe('404 tunnel token not found');
      }
    }
    expect((await stranger.call('GET', TUNNELS)).body['total']).toBe(0);
    expect((await tenant.call('GET', pathOf(made))).body).toMatchObject({ state: 'active' });
  });

  it('are as many as an account may have, however many are asked for at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => tenant.call('POST', TUNNELS)));
    const made = answers.filter(({ status }) => status === 201).length;
    expect(made).toBeLessThanOrEqual(MAX_TOKENS);
    for (let count = made; count < MAX_TOKENS; count += 1) await create();
    const refused = await tenant.call('POST', TUNNELS);
    expect(refused.refusal).toBe('409 the account has as many tunnel tokens as it may have (3)');
    expect((await tenant.call('GET', TUNNELS)).body['total']).toBe(MAX_TOKENS);
  });

  describe('when rotated', () => {
    it('have another value and their settings, and the old one ends after the overlap', async () => {
      const made = await create({ description: 'office', max_clients: 2 });
      const before = Date.now();
      const rotated = expectStatus(201, await tenant.call('POST', `${pathOf(made)}/rotate`, { overlap_seconds: 60 }));
      const { token: oldValue, token_id: oldId } = made.body;
      expect(rotated.string('token')).toMatch(/^tgt_[0-9A-Za-z]{40}$/);
      expect(rotated.string('token')).not.toBe(oldValue);
      expect(rotated.body).toMatchObject({ description: 'office', max_clients: 2, state: 'active', supersedes: oldId });
      const retiring = rotated.object('retiring');
      expect(retiring).toMatchObject({ token_id: oldId, state: 'retiring', superseded_by: rotated.body['token_id'] });
      expect(retiring).not.toHaveProperty('token');
      const endsMs = Date.parse(String(retiring['expires_at']));
      expect(endsMs).toBeGreaterThanOrEqual(before + 60_000);
      expect(endsMs).toBeLessThanOrEqual(Date.now() + 60_000);
      expect((await tenant.call('POST', `${pathOf(made)}/rotate`)).refusal).toBe(
        '409 the tunnel token was rotated already',
      );
      expect((await tenant.call('GET', TUNNELS)).body['total']).toBe(2);
    });

    it('end at once without an overlap, and within an hour unless told otherwise', async () => {
      const first = await create();
      const second = await tenant.call('POST', `${pathOf(first)}/rotate`, { overlap_seconds: 0 });
      expect(second.object('retiring')).toMatchObject({ state: 'expired' });
      const third = await tenant.call('POST', `${pathOf(second)}/rotate`);
      const endsInMs = Date.parse(String(third.object('retiring')['expires_at'])) - Date.now();
      expect(Math.abs(endsInMs - 3_600_000)).toBeLessThan(10_000);
    });

    it.each([
      [-1, 'must not be negative'],
      [604_801, 'must be at most 604800'],
      [1.5, 'must be a whole number'],
      ['1', 'must be a number'],
    ])('are refused an overlap of %j', async (seconds, text) => {
      const made = await create();
      const answer = await tenant.call('POST', `${pathOf(made)}/rotate`, { overlap_seconds: seconds });
      expect(answer.refusal).toBe(`400 overlap_seconds: ${text}`);
      expect((await tenant.call('GET', TUNNELS)).body['total']).toBe(1);
    });

    it('are not piled up without end', async () => {
      let newest = await create();
      for (let count = 1; count < 2 * MAX_TOKENS; count += 1) {
        newest = expectStatus(201, await tenant.call('POST', `${pathOf(newest)}/rotate`));
      }
      expect((await tenant.call('POST', `${pathOf(newest)}/rotate`)).status).toBe(409);
    });
  });

  describe('by a bearer token', () => {
    const bearerOf = async (scope: readonly string[]): Promise<string> =>
      (await tenant.createToken({ scope })).string('token');
    const call = async (token: string, method: string, path: string, body?: unknown): Promise<Answer> =>
      callWithBearer(running().api.url, token, method, path, body);

    it('need tunnel:write to be changed, and tunnel:read to be seen', async () => {
      const made = await create();
      const [reader, writer] = [await bearerOf(['tunnel:read']), await bearerOf(['tunnel:write'])];
      expect((await call(reader, 'GET', TUNNELS)).body['total']).toBe(1);
      expect((await call(reader, 'GET', pathOf(made))).status).toBe(200);
      const changes = [
        ['POST', TUNNELS, {}],
        ['PATCH', pathOf(made), { enabled: false }],
        ['POST', `${pathOf(made)}/rotate`, {}],
        ['DELETE', pathOf(made), undefined],
      ] as const;
      for (const [method, path, body] of changes) {
        expect((await call(reader, method, path, body)).refusal).toBe('403 the token lacks the scope tunnel:write');
      }
      expect((await call(writer, 'GET', TUNNELS)).refusal).toBe('403 the token lacks the scope tunnel:read');
      for (const [method, path, body] of changes.slice(1)) {
        expect((await call(writer, method, path, body)).status).toBeLessThan(300);
      }
    });

    it('are refused to tokens for other things, and name the token in the audit trail', async () => {
      const other = await bearerOf(['storage:*', 'token:*']);
      expect((await call(other, 'GET', TUNNELS)).status).toBe(403);
      expect((await call('nonsense', 'GET', TUNNELS)).refusal).toBe('401 Token not found');
      const bearer = await tenant.createToken({ scope: ['tunnel:*'] });
      await call(bearer.string('token'), 'POST', TUNNELS, {});
      const logs = await tenant.call('GET', '/api/v2/audit-logs?action=create_tunnel_token');
      expect(logs.list('logs')[0]?.['request_data']).toMatchObject({ by_token: bearer.string('token_id') });
    });
  });

  it('are closed to sub-accounts and strangers', async () => {
    const headers = { Authorization: 'QiniuStub uid=77&ut=1&iuid=5' };
    const answer = await send(running().api.url, { method: 'GET', path: TUNNELS, headers });
    expect(answer.refusal).toBe('403 tunnel tokens belong to the main account');
    expect((await send(running().api.url, { method: 'GET', path: TUNNELS })).status).toBe(401);
    expect((await tenant.call('GET', ADMIN_TUNNELS)).status).toBe(401);
  });

  it('leave a record of each change and of each refusal, without a value', async () => {
    const made = await create({ description: 'office' });
    await tenant.call('PATCH', pathOf(made), { max_clients: 3 });
    const rotated = await tenant.call('POST', `${pathOf(made)}/rotate`, { overlap_seconds: 5 });
    await tenant.call('DELETE', pathOf(made));
    await tenant.call('DELETE', pathOf(made));
    const id = made.string('token_id');
    let logs = await tenant.call('GET', '/api/v2/audit-logs');
    // Refusals are written a moment later than changes.
    await eventually(REFUSAL_SEEN_MS, async () => {
      logs = await tenant.call('GET', '/api/v2/audit-logs');
      const newest = logs.list('logs').slice(0, 5);
      expect(
        newest.map(({ action, resource_id: of, result, request_data: data }) => [action, of, result, data]),
      ).toEqual([
        ['delete_tunnel_token', id, 'failure', undefined],
        ['delete_tunnel_token', id, 'success', undefined],
        ['rotate_tunnel_token', id, 'success', { new_token_id: rotated.string('token_id'), overlap_seconds: 5 }],
        ['update_tunnel_token', id, 'success', { max_clients: 3 }],
        ['create_tunnel_token', id, 'success', { description: 'office' }],
      ]);
    });
    expect(logs.text).not.toMatch(/tgt_/);
    expect(running().api.output()).not.toMatch(/tgt_[0-9A-Za-z]{40}/);
  });

  describe('for operators', () => {
    it('are made for an account or for nobody, with wildcards where they want', async () => {
      const forTenant = await operator('POST', ADMIN_TUNNELS, {
        account_id: tenant.accountId,
        custom_domains: ['*.example.com'],
      });
      expect(forTenant.body).toMatchObject({ account_id: tenant.accountId, custom_domains: ['*.example.com'] });
      expect((await tenant.call('GET', pathOf(forTenant))).status).toBe(200);
      const nobodys = expectStatus(201, await operator('POST', ADMIN_TUNNELS, { description: 'ours' }));
      expect(nobodys.body).not.toHaveProperty('account_id');
      expect((await tenant.call('GET', pathOf(nobodys))).status).toBe(404);
      expect((await operator('POST', ADMIN_TUNNELS, { account_id: 'acc_none' })).refusal).toBe('404 account not found');
      expect((await operator('POST', ADMIN_TUNNELS, { account_id: '/' })).status).toBe(400);
      const list = await operator('GET', `${ADMIN_TUNNELS}?account_id=${tenant.accountId}`);
      expect(list.list('tunnels').map(({ token_id: id }) => id)).toEqual([forTenant.string('token_id')]);
      const ours = await operator('GET', `${ADMIN_TUNNELS}?search=ours`);
      expect(ours.list('tunnels').map(({ token_id: id }) => id)).toContain(nobodys.string('token_id'));
    });

    it('are changed, rotated and deleted whosever they are', async () => {
      const made = await create();
      const path = `${ADMIN_TUNNELS}/${made.string('token_id')}`;
      expect((await operator('PATCH', path, { bandwidth_limit: '1MB' })).status).toBe(200);
      expect((await tenant.call('GET', pathOf(made))).body).toMatchObject({ bandwidth_limit: '1MB' });
      const rotated = expectStatus(201, await operator('POST', `${path}/rotate`, { overlap_seconds: 0 }));
      expect(rotated.body).toMatchObject({ account_id: tenant.accountId });
      expect((await operator('DELETE', path)).status).toBe(200);
      expect((await operator('DELETE', path)).refusal).toBe('404 tunnel token not found');
      const logs = await tenant.call('GET', '/api/v2/audit-logs?action=update_tunnel_token');
      expect(logs.list('logs')[0]?.['request_data']).toEqual({ by: 'operator', bandwidth_limit: '1MB' });
    });
  });

  describe('while the account is suspended', () => {
    const setStatus = async (status: string): Promise<Answer> =>
      expectStatus(200, await operator('PUT', `/api/v2/admin/accounts/${tenant.accountId}/status`, { status }));
    const stateOf = async (token: Answer): Promise<unknown> =>
      (await operator('GET', `${ADMIN_TUNNELS}/${token.string('token_id')}`)).body['state'];

    it('are marked from the answer on, and come back with it; disabled ones stay disabled', async () => {
      const [working, disabled] = [await create(), await create({ enabled: false })];
      const others = expectStatus(201, await (await newTenant(running().api.url)).call('POST', TUNNELS));
      await setStatus('suspended');
      expect([await stateOf(working), await stateOf(disabled), await stateOf(others)]).toEqual([
        'suspended',
        'suspended',
        'active',
      ]);
      expect((await tenant.call('GET', TUNNELS)).refusal).toBe('403 account suspended');
      const refused = await operator('POST', ADMIN_TUNNELS, { account_id: tenant.accountId });
      expect(refused.refusal).toBe('403 account suspended');
      const rotated = await operator('POST', `${ADMIN_TUNNELS}/${working.string('token_id')}/rotate`);
      expect(rotated.body).toMatchObject({ state: 'suspended' });
      await setStatus('active');
      expect([await stateOf(working), await stateOf(rotated), await stateOf(disabled)]).toEqual([
        'retiring',
        'active',
        'disabled',
      ]);
      expect((await tenant.call('GET', TUNNELS)).body['total']).toBe(3);
    });
  });
});

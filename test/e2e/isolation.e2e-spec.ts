import { describeOnEachStore, useApi } from '../support/each-store';
import { type Tenant, newTenant, validate } from '../support/hmac-client';
import { type Answer, type Json, send } from '../support/http-client';

/** A body that each route would accept, were the resource the caller's own. */
const BODIES: Readonly<Record<string, unknown>> = {
  'PATCH /api/v2/tokens/{id}': { scope: [] },
  'PUT /api/v2/tokens/{id}/status': { is_active: false },
};

/** Routes that are not for tenants: whoever may call them may see every account. */
const OPERATOR_ROUTES = [
  'GET /api/v2/admin/accounts/{id}',
  'PUT /api/v2/admin/accounts/{id}/status',
  'PUT /api/v2/admin/accounts/{id}/rate-limit',
  'PUT /api/v2/admin/accounts/{id}/validation-log',
  'GET /api/v2/admin/accounts/{id}/tokens',
  'PUT /api/v2/admin/accounts/{id}/tokens/{tokenId}/rate-limit',
  'DELETE /api/v2/admin/upload-tokens/{id}',
  'GET /api/v2/admin/tunnels/{id}',
  'PATCH /api/v2/admin/tunnels/{id}',
  'DELETE /api/v2/admin/tunnels/{id}',
  'POST /api/v2/admin/tunnels/{id}/rotate',
  'GET /api/v2/admin/tunnels/{id}/traffic',
  'POST /api/v2/admin/tunnels/{id}/kick',
  'POST /api/v2/admin/tunnels/clients/{runId}/kick',
];

/** Routes that this test has been taught: a new one with an id in its path makes it fail until it is. */
const TENANT_ROUTES = [
  'GET /api/v2/tokens/{id}',
  'PATCH /api/v2/tokens/{id}',
  'DELETE /api/v2/tokens/{id}',
  'PUT /api/v2/tokens/{id}/status',
  'GET /api/v2/tokens/{id}/stats',
  'GET /api/v2/tokens/{id}/usage',
  'GET /api/v2/tokens/{id}/validations',
];

/** Routes whose suites prove the same beside what else they test. */
const PROVED_ELSEWHERE = [
  'GET /api/v2/upload-tokens/{id}',
  'DELETE /api/v2/upload-tokens/{id}',
  'DELETE /api/video/auth/upload-tokens/{id}',
  'GET /api/video/files/{id}',
  'DELETE /api/video/files/{id}',
  'GET /api/video/files/{id}/info',
  'HEAD /api/video/tus/{id}',
  'PATCH /api/video/tus/{id}',
  'DELETE /api/video/tus/{id}',
  'GET /api/video/tus/{id}',
  'GET /api/v2/tunnels/{id}',
  'PATCH /api/v2/tunnels/{id}',
  'DELETE /api/v2/tunnels/{id}',
  'POST /api/v2/tunnels/{id}/rotate',
  'GET /api/v2/tunnels/{id}/traffic',
  'POST /api/v2/tunnels/{id}/kick',
  'POST /api/v2/tunnels/clients/{runId}/kick',
];

interface Operation {
  readonly security?: readonly Json[];
}

async function routesWithParameter(url: string): Promise<Map<string, Operation>> {
  const document = await send(url, { method: 'GET', path: '/docs/openapi.json' });
  const routes = new Map<string, Operation>();
  for (const [path, item] of Object.entries(document.object('paths'))) {
    if (!path.includes('{')) continue;
    for (const [method, operation] of Object.entries(item as Record<string, Operation>)) {
      routes.set(`${method.toUpperCase()} ${path}`, operation);
    }
  }
  return routes;
}

/** The answer with what may differ masked. */
function masked(answer: Answer): unknown {
  const text = answer.text
    .replace(/"timestamp":"[^"]+"/g, '"timestamp":"*"')
    .replace(/"request_id":"[^"]+"/g, '"request_id":"*"');
  return { status: answer.status, headers: { ...answer.headers, date: '*' }, text };
}

describeOnEachStore('isolation of accounts', (start) => {
  const api = useApi(start);
  let owner: Tenant;
  let stranger: Tenant;
  let tokenId: string;
  let token: string;

  beforeEach(async () => {
    [owner, stranger] = [await newTenant(api().url), await newTenant(api().url)];
    const made = await owner.createToken({ scope: ['a:b'], expires_in: 3_600 });
    tokenId = made.string('token_id');
    token = made.string('token');
  });

  it('is known for every route of the OpenAPI document that has an id in its path', async () => {
    const routes = await routesWithParameter(api().url);
    expect([...routes.keys()].sort()).toEqual([...TENANT_ROUTES, ...OPERATOR_ROUTES, ...PROVED_ELSEWHERE].sort());
    for (const [route, { security = [] }] of routes) {
      if (PROVED_ELSEWHERE.includes(route)) continue;
      const schemes = security.flatMap((requirement) => Object.keys(requirement));
      expect([route, schemes.includes('operator-key')]).toEqual([route, OPERATOR_ROUTES.includes(route)]);
    }
  });

  it.each(TENANT_ROUTES)(
    "%s answers another account's id exactly like a missing one, and changes nothing",
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      const call = async (caller: Tenant, id: string): Promise<Answer> =>
        caller.call(method, path.replace('{id}', id), BODIES[route]);
      const state = async (): Promise<unknown> => [
        (await owner.call('GET', `/api/v2/tokens/${tokenId}`)).text,
        await owner.auditTotal(),
        await owner.tokenTotal(),
      ];
      const before = await state();

      const missing = await call(stranger, `tk_${'0'.repeat(22)}`);
      expect(missing.refusal).toBe('404 token not found');
      expect(masked(await call(stranger, tokenId))).toEqual(masked(missing));
      expect(masked(await call(stranger, 'not-an-id!'))).toEqual(masked(missing));

      expect(await state()).toEqual(before);
      expect((await validate(api().url, token, { required_scope: 'a:b' })).status).toBe(200);
      // The same request by the owner does what it says, so the refusals above were not for its form.
      expect((await call(owner, tokenId)).status).toBe(200);
    },
  );

  it.each(OPERATOR_ROUTES)('%s is closed to tenants, also for their own account', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    for (const caller of [owner, stranger]) {
      const own = path.replace('{id}', owner.accountId).replace('{tokenId}', tokenId);
      const answer = await caller.call(method, own, { status: 'suspended' });
      expect(answer.refusal).toBe('401 invalid Authorization header');
    }
  });

  it("shows nobody another account's tokens, records or account", async () => {
    expect((await stranger.call('GET', '/api/v2/tokens')).body).toMatchObject({ tokens: [], total: 0 });
    expect((await stranger.call('GET', '/api/v2/accounts/me')).body['id']).toBe(stranger.accountId);
    const logs = await stranger.call('GET', `/api/v2/audit-logs?resource_id=${tokenId}`);
    expect(logs.body).toEqual({ account_id: stranger.accountId, logs: [], total: 0 });
  });

  it('does not let a request name the account it acts on', async () => {
    const answer = await stranger.createToken({ account_id: owner.accountId });
    expect(answer.body['account_id']).toBe(stranger.accountId);
    const list = await stranger.call('GET', `/api/v2/tokens?account_id=${owner.accountId}`);
    expect(list.body).toMatchObject({ account_id: stranger.accountId, total: 1 });
    expect(await owner.tokenTotal()).toBe(1);
  });
});

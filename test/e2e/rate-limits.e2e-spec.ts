import { setTimeout } from 'node:timers/promises';
import { TICK_MS } from '@tollgate/limiter';
import { type ApiProcess, startApi } from '../support/api-process';
import { eventually } from '../support/eventually';
import { Tenant, callWithBearer, newTenant, uniqueDate, validate } from '../support/hmac-client';
import type { Answer } from '../support/http-client';
import { type ClusterForTests, startCluster } from '../support/redis-cluster';
import { describeWithRedis, describeWithRedisProgram } from '../support/redis-server';

const ALL_LAYERS = {
  ENABLE_APP_RATE_LIMIT: 'true',
  ENABLE_ACCOUNT_RATE_LIMIT: 'true',
  ENABLE_TOKEN_RATE_LIMIT: 'true',
};

/** A machine that runs other tests may leave Redis, or us, without a core for longer than the default. */
const PATIENT = { RATE_LIMIT_REDIS_TIMEOUT: '1s' };

/** By when the counters are in the next slot. */
const SLOT_CHANGE_MS = 300;

/** `limit remaining` of a layer, or undefined where it does not apply. */
function told(answer: Answer, layer: 'app' | 'account' | 'token'): string | undefined {
  const limit = answer.headers[`x-ratelimit-limit-${layer}`];
  return limit === undefined
    ? undefined
    : `${String(limit)} ${String(answer.headers[`x-ratelimit-remaining-${layer}`])}`;
}

/**
 * Waits for the beginning of a slot. Units taken in advance go back when one ends, and for a moment are counted although
 * nobody has used them: a case that compares numbers before and after needs a slot to itself.
 */
async function slotBegins(): Promise<void> {
  await setTimeout(TICK_MS - (Date.now() % TICK_MS) + SLOT_CHANGE_MS);
}

/**
 * The cases that hold wherever the limits are counted.
 * @param leased which units are taken in advance: the application's, or those of accounts and tokens
 */
function defineCases(
  environment: () => Readonly<Record<string, string>>,
  leased: 'none' | 'app' | 'tokens' = 'none',
): void {
  let api: ApiProcess;
  let tenant: Tenant;

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    api = await startApi({ env: { ...ALL_LAYERS, ...environment(), ...env } });
  }
  afterAll(async () => api.stop());

  const limitAccount = async (account: Tenant, rateLimit: unknown): Promise<Answer> =>
    callWithBearer(api.url, api.operatorKey, 'PUT', `/api/v2/admin/accounts/${account.accountId}/rate-limit`, {
      rate_limit: rateLimit,
    });
  const limitToken = async (account: Tenant, tokenId: string, rateLimit: unknown): Promise<Answer> =>
    callWithBearer(
      api.url,
      api.operatorKey,
      'PUT',
      `/api/v2/admin/accounts/${account.accountId}/tokens/${tokenId}/rate-limit`,
      { rate_limit: rateLimit },
    );

  beforeAll(async () => {
    await start();
  });
  beforeEach(async () => {
    tenant = await newTenant(api.url);
  });

  it('lets a token pass as often as its limit says, and refuses it with the contract’s body and headers', async () => {
    const made = await tenant.createToken({ rate_limit: { requests_per_minute: 3, requests_per_day: 100 } });
    const token = made.string('token');
    const answers = [];
    for (let use = 0; use < 4; use += 1) answers.push(await validate(api.url, token));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.map((answer) => told(answer, 'token'))).toEqual(['3 2', '3 1', '3 0', '3 0']);
    const refused = answers[3] as Answer;
    expect(refused.body).toEqual({ error: 'Token rate limit exceeded', code: 429, timestamp: expect.any(String) });
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThanOrEqual(55);
    expect(seconds).toBeLessThanOrEqual(65);
    const resetIn = Number(refused.headers['x-ratelimit-reset-token']) - Date.now() / 1_000;
    expect(Math.abs(resetIn - seconds)).toBeLessThan(2);
    expect(refused.headers['ratelimit-policy']).toContain('"token-minute";q=3;w=60, "token-day";q=100;w=86400');
    expect(refused.headers['ratelimit']).toMatch(/"token-minute";r=0;t=\d+/);
  });

  it('counts validations of all tokens of an account, and its own requests, against the account', async () => {
    const tokens = [];
    for (let made = 0; made < 2; made += 1) tokens.push((await tenant.createToken()).string('token'));
    await limitAccount(tenant, { requests_per_minute: 3 });
    const [one = '', two = ''] = tokens;

    expect(told(await validate(api.url, one), 'account')).toBe('3 2');
    expect(told(await tenant.call('GET', '/api/v2/accounts/me'), 'account')).toBe('3 1');
    expect(told(await validate(api.url, two, undefined, '/api/v2/validateu'), 'account')).toBe('3 0');
    expect((await validate(api.url, one)).refusal).toBe('429 Account rate limit exceeded');
    expect((await tenant.call('GET', '/api/v2/tokens')).refusal).toBe('429 Account rate limit exceeded');
  });

  it('consumes nothing anywhere when it refuses', async () => {
    const token = (await tenant.createToken({ rate_limit: { requests_per_minute: 1 } })).string('token');
    await limitAccount(tenant, { requests_per_minute: 10 });
    if (leased !== 'none') await slotBegins();
    const before = await validate(api.url, token);
    for (let refused = 0; refused < 5; refused += 1) {
      const answer = await validate(api.url, token);
      expect(answer.status).toBe(429);
      expect(told(answer, 'account')).toBe(told(before, 'account'));
      expect(told(answer, 'app')).toBe(told(before, 'app'));
    }
  });

  it('names the account before the token when both are at their limit', async () => {
    const token = (await tenant.createToken({ rate_limit: { requests_per_minute: 1 } })).string('token');
    await limitAccount(tenant, { requests_per_minute: 1 });
    await validate(api.url, token);
    expect((await validate(api.url, token)).refusal).toBe('429 Account rate limit exceeded');
  });

  it('applies a changed limit to the next request, up and down', async () => {
    const made = await tenant.createToken({ rate_limit: { requests_per_minute: 1 } });
    const [token, id] = [made.string('token'), made.string('token_id')];
    await validate(api.url, token);
    expect((await validate(api.url, token)).status).toBe(429);
    await limitToken(tenant, id, { requests_per_minute: 5 });
    expect(told(await validate(api.url, token), 'token')).toBe('5 3');
    await limitToken(tenant, id, { requests_per_minute: 2 });
    expect((await validate(api.url, token)).status).toBe(429);
    await limitToken(tenant, id, null);
    const unlimited = await validate(api.url, token);
    expect([unlimited.status, told(unlimited, 'token')]).toEqual([200, undefined]);
  });

  it('tells of a layer only where it applies', async () => {
    const token = (await tenant.createToken({ rate_limit: { requests_per_hour: 9 } })).string('token');
    const [valid, catalogue, unknown] = [
      await validate(api.url, token),
      await callWithBearer(api.url, 'x', 'GET', '/api/v2/permissions'),
      await validate(api.url, `${token}x`),
    ];
    const layers = (answer: Answer): (string | undefined)[] =>
      (['app', 'account', 'token'] as const).map((layer) => told(answer, layer)?.split(' ')[0]);
    expect(layers(valid)).toEqual(['1000', undefined, '9']);
    expect(layers(catalogue)).toEqual(['1000', undefined, undefined]);
    expect(layers(unknown)).toEqual(['1000', undefined, undefined]);
  });

  it('counts a live token that asks for too much, but none that is dead', async () => {
    const made = await tenant.createToken({ scope: ['storage:read'], rate_limit: { requests_per_minute: 5 } });
    const token = made.string('token');
    await validate(api.url, token);
    for (let refused = 0; refused < 3; refused += 1) {
      expect((await validate(api.url, token, { required_scope: 'storage:write' })).refusal).toBe(
        '401 Permission denied',
      );
    }
    expect(told(await validate(api.url, token), 'token')).toBe('5 0');
    expect((await validate(api.url, token, { required_scope: 'storage:write' })).status).toBe(429);

    const dead = await tenant.createToken({ rate_limit: { requests_per_minute: 5 } });
    const status = `/api/v2/tokens/${dead.string('token_id')}/status`;
    await tenant.call('PUT', status, { is_active: false });
    for (let refused = 0; refused < 7; refused += 1) {
      expect((await validate(api.url, dead.string('token'))).refusal).toBe('401 Token is inactive');
    }
    await tenant.call('PUT', status, { is_active: true });
    expect(told(await validate(api.url, dead.string('token')), 'token')).toBe('5 4');
  });

  it('takes the same signature again after a 429: nothing had happened', async () => {
    await limitAccount(tenant, { requests_per_minute: 1 });
    await tenant.call('GET', '/api/v2/accounts/me');
    const date = uniqueDate();
    const create = async (): Promise<Answer> =>
      tenant.call('POST', '/api/v2/tokens', { description: 'again' }, { date });
    expect((await create()).refusal).toBe('429 Account rate limit exceeded');
    await limitAccount(tenant, null);
    expect((await create()).status).toBe(201);
    expect((await create()).refusal).toBe('401 request replayed');
    expect(await tenant.tokenTotal()).toBe(1);
  });

  it('admits exactly the limit of a burst over many connections', async () => {
    const token = (await tenant.createToken({ rate_limit: { requests_per_minute: 20 } })).string('token');
    const burst = async (): Promise<{ passed: number; refused: number }> => {
      const answers = await Promise.all(Array.from({ length: 120 }, async () => validate(api.url, token)));
      const count = (wanted: number): number => answers.filter(({ status }) => status === wanted).length;
      return { passed: count(200), refused: count(429) };
    };
    const first = await burst();
    expect(first.passed + first.refused).toBe(120);
    if (leased !== 'tokens') {
      expect(first.passed).toBe(20);
      return;
    }
    // Units of a lease whose slot ends meanwhile are refused to others until they have gone back.
    let { passed } = first;
    await eventually(3_000, async () => {
      passed += (await burst()).passed;
      expect(passed).toBe(20);
    });
    expect((await burst()).passed).toBe(0);
  });

  it.each([
    [{ requests_per_minute: -1 }, 'rate_limit.requests_per_minute: must not be negative'],
    [{ requests_per_minute: 1.5 }, 'rate_limit.requests_per_minute: must be a whole number'],
    [{ requests_per_minute: 1_000_000_001 }, 'rate_limit.requests_per_minute: must be at most 1000000000'],
    [
      { requests_per_minute: 10, requests_per_hour: 9 },
      'rate_limit.requests_per_hour: must not be less than requests_per_minute',
    ],
    [
      { requests_per_minute: 10, requests_per_day: 9 },
      'rate_limit.requests_per_day: must not be less than requests_per_minute',
    ],
  ])('refuses the limit %j with the field’s name, on a token and on an account', async (rateLimit, message) => {
    const answer = await tenant.call('POST', '/api/v2/tokens', { description: 'limited', rate_limit: rateLimit });
    expect(answer.refusal).toBe(`400 ${message}`);
    expect((await limitAccount(tenant, rateLimit)).refusal).toBe(`400 ${message}`);
  });
}

describe('rate limits, counted in process', () => {
  defineCases(() => ({}));
});

describeWithRedis('rate limits, counted on Redis', (redis) => {
  defineCases(() => ({ REDIS_URL: redis().url, REDIS_KEY_PREFIX: redis().newKeyPrefix(), ...PATIENT }));
});

describeWithRedis('rate limits, leased from Redis', (redis) => {
  defineCases(
    () => ({
      REDIS_URL: redis().url,
      REDIS_KEY_PREFIX: redis().newKeyPrefix(),
      RATE_LIMIT_LEASE_APP: '0',
      RATE_LIMIT_LEASE_ACCOUNT: '50',
      RATE_LIMIT_LEASE_TOKEN: '50',
      ...PATIENT,
    }),
    'tokens',
  );
});

describeWithRedisProgram('rate limits on a Redis Cluster', () => {
  let cluster: ClusterForTests;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(async () => cluster.stop());
  // There the application's limit is leased.
  defineCases(() => ({ REDIS_URL: cluster.url, ...PATIENT }), 'app');
});

describe('the application’s limit', () => {
  let api: ApiProcess;
  beforeAll(async () => {
    api = await startApi({ env: { ENABLE_APP_RATE_LIMIT: 'true', APP_RATE_LIMIT_PER_MINUTE: '8' } });
  });
  afterAll(async () => api.stop());

  it('counts every route of the api, refused strangers included, and nothing else', async () => {
    const tenant = await newTenant(api.url);
    const token = (await tenant.createToken()).string('token');
    await callWithBearer(api.url, '', 'GET', '/health');
    const answers = [
      await validate(api.url, token),
      await validate(api.url, 'junk'),
      await callWithBearer(api.url, '', 'GET', '/api/v2/permissions'),
      await tenant.call('GET', '/api/v2/accounts/me', undefined, { secretKey: 'wrong' }),
      await callWithBearer(api.url, 'wrong', 'GET', '/api/v2/admin/accounts'),
      await callWithBearer(api.url, api.operatorKey, 'GET', '/api/v2/admin/accounts'),
    ];
    expect(answers.map((answer) => told(answer, 'app'))).toEqual(['8 5', '8 4', '8 3', '8 2', '8 1', '8 0']);
    for (const refused of [
      await validate(api.url, token),
      await validate(api.url, 'junk'),
      await callWithBearer(api.url, '', 'GET', '/api/v2/permissions'),
      await tenant.call('GET', '/api/v2/accounts/me'),
      await tenant.call('GET', '/api/v2/accounts/me', undefined, { secretKey: 'wrong' }),
      await callWithBearer(api.url, api.operatorKey, 'GET', '/api/v2/admin/accounts'),
    ]) {
      expect(refused.refusal).toBe('429 Application rate limit exceeded');
      expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    }
    expect((await callWithBearer(api.url, '', 'GET', '/health')).status).toBe(200);
  });
});

describe('without any layer switched on', () => {
  let api: ApiProcess;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(async () => api.stop());

  it('a stored limit is shown and neither applied nor told in headers', async () => {
    const tenant = await newTenant(api.url);
    const made = await tenant.createToken({ rate_limit: { requests_per_minute: 1 } });
    expect(made.object('rate_limit')).toEqual({ requests_per_minute: 1 });
    for (let use = 0; use < 3; use += 1) {
      const answer = await validate(api.url, made.string('token'));
      expect(answer.status).toBe(200);
      expect(Object.keys(answer.headers).filter((name) => name.includes('ratelimit'))).toEqual([]);
    }
  });
});

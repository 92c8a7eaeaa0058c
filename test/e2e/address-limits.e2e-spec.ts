import { newBearerToken } from '@tollgate/domain';
import { type ApiProcess, startApi } from '../support/api-process';
import { callWithBearer, newTenant, register } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';
import { describeWithRedis } from '../support/redis-server';

/** A machine that runs other tests may leave Redis, or us, without a core for longer than the default. */
const PATIENT = { RATE_LIMIT_REDIS_TIMEOUT: '1s' };

const TOO_MANY = '429 too many requests from this address';

/** As if the request came from this address, where TRUST_PROXY believes it. */
const validateFrom = async (api: ApiProcess, address: string, token: string): Promise<Answer> =>
  send(api.url, {
    method: 'POST',
    path: '/api/v2/validate',
    headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': address },
  });

function defineCases(environment: () => Readonly<Record<string, string>>): void {
  let api: ApiProcess;
  beforeAll(async () => {
    api = await startApi({
      env: {
        TRUST_PROXY: '127.0.0.1',
        REGISTER_LIMIT_PER_MINUTE: '100',
        UNKNOWN_TOKEN_LIMIT_PER_MINUTE: '3',
        OPERATOR_FAILURE_LIMIT_PER_MINUTE: '2',
        PUBLIC_LIMIT_PER_MINUTE: '4',
        ADDRESS_LIMIT_EXEMPT: '10.0.0.0/8',
        ...environment(),
      },
    });
  });
  afterAll(async () => api.stop());

  it('slows down an address that shows unknown or malformed tokens, but lets known tokens pass', async () => {
    const tenant = await newTenant(api.url);
    const token = (await tenant.createToken()).string('token');
    expect((await validateFrom(api, '192.0.2.1', token)).status).toBe(200);
    const shown = ['junk', newBearerToken('sk'), newBearerToken('sk')];
    for (const value of shown) expect((await validateFrom(api, '192.0.2.1', value)).status).toBe(401);

    const refused = await validateFrom(api, '192.0.2.1', 'junk');
    expect(refused.refusal).toBe(TOO_MANY);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
    expect((await validateFrom(api, '192.0.2.1', newBearerToken('sk'))).refusal).toBe(TOO_MANY);
    expect((await validateFrom(api, '192.0.2.1', token)).status).toBe(200);
    expect((await validateFrom(api, '192.0.2.2', 'junk')).status).toBe(401);
  });

  it('looks nothing up for an address that is over its limit', async () => {
    for (let shown = 0; shown < 4; shown += 1) await validateFrom(api, '192.0.2.9', 'junk');
    const tenant = await newTenant(api.url);
    const neverSeen = (await tenant.createToken()).string('token');
    expect((await validateFrom(api, '192.0.2.9', neverSeen)).refusal).toBe(TOO_MANY);
    expect((await validateFrom(api, '192.0.2.10', neverSeen)).status).toBe(200);
    // Known by now, whoever asks.
    expect((await validateFrom(api, '192.0.2.9', neverSeen)).status).toBe(200);
  });

  it('takes one network of an IPv6 customer for one address', async () => {
    for (let shown = 0; shown < 4; shown += 1) await validateFrom(api, `2001:db8:7:7::${String(shown)}`, 'junk');
    expect((await validateFrom(api, '2001:db8:7:7:ffff::1', 'junk')).refusal).toBe(TOO_MANY);
    expect((await validateFrom(api, '2001:db8:7:8::1', 'junk')).status).toBe(401);
  });

  it('leaves exempt networks alone', async () => {
    for (let shown = 0; shown < 10; shown += 1) {
      expect((await validateFrom(api, '10.1.2.3', 'junk')).status).toBe(401);
    }
  });

  it('stops listening to an address that tries operator keys, even to the right one', async () => {
    const ask = async (key: string, address: string): Promise<Answer> =>
      send(api.url, {
        method: 'GET',
        path: '/api/v2/admin/accounts',
        headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': address },
      });
    const guesses = [];
    for (let guess = 0; guess < 4; guess += 1) guesses.push((await ask(`guess-${String(guess)}`, '192.0.2.3')).status);
    expect(guesses).toEqual([401, 401, 429, 429]);
    expect((await ask(api.operatorKey, '192.0.2.3')).refusal).toBe(TOO_MANY);
    expect((await ask(api.operatorKey, '192.0.2.4')).status).toBe(200);
  });

  it('limits routes that ask for no credentials, all together', async () => {
    const get = async (path: string): Promise<number> =>
      (await send(api.url, { method: 'GET', path, headers: { 'x-forwarded-for': '192.0.2.5' } })).status;
    const answers = [];
    for (const path of ['/health', '/api/v2/permissions', '/health', '/api/v2/permissions', '/health']) {
      answers.push(await get(path));
    }
    expect(answers).toEqual([200, 200, 200, 200, 429]);
    expect(await get('/docs')).toBe(429);
  });

  it('limits the documentation by address as well', async () => {
    const answers = [];
    for (const path of ['/docs', '/docs/openapi.json', '/docs', '/docs/openapi.yaml', '/docs']) {
      answers.push((await send(api.url, { method: 'GET', path, headers: { 'x-forwarded-for': '192.0.2.6' } })).status);
    }
    expect(answers).toEqual([200, 200, 200, 200, 429]);
  });
}

describe('limits by address, counted in process', () => {
  defineCases(() => ({}));
});

describeWithRedis('limits by address, counted on Redis', (redis) => {
  defineCases(() => ({ REDIS_URL: redis().url, REDIS_KEY_PREFIX: redis().newKeyPrefix(), ...PATIENT }));
});

describeWithRedis('two api processes on one Redis', (redis) => {
  it('count registrations from one address together', async () => {
    const env = {
      REDIS_URL: redis().url,
      REDIS_KEY_PREFIX: redis().newKeyPrefix(),
      REGISTER_LIMIT_PER_MINUTE: '3',
      ...PATIENT,
    };
    const [one, two] = await Promise.all([startApi({ env }), startApi({ env })]);
    try {
      const statuses = [];
      for (const api of [one, two, one, two, one]) statuses.push((await register(api.url)).status);
      expect(statuses).toEqual([201, 201, 201, 429, 429]);
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });
});

describe('without TRUST_PROXY', () => {
  it('no header decides which address a request comes from', async () => {
    const api = await startApi({ env: { UNKNOWN_TOKEN_LIMIT_PER_MINUTE: '2' } });
    try {
      const statuses = [];
      for (let from = 1; from <= 4; from += 1) {
        statuses.push((await validateFrom(api, `192.0.2.${String(from)}`, 'junk')).status);
      }
      expect(statuses).toEqual([401, 401, 429, 429]);
      expect((await callWithBearer(api.url, api.operatorKey, 'GET', '/api/v2/admin/accounts')).status).toBe(200);
    } finally {
      await api.stop();
    }
  });
});

import { type ApiProcess, startApi } from '../support/api-process';
import { ConnectionLoad, type LoadAnswer, validateRequest } from '../support/connection-load';
import { newTenant } from '../support/hmac-client';
import { type RedisForTests, describeWithRedisProgram, startRedis } from '../support/redis-server';

/** How long the trouble lasts, and how soon after it everything must be as before. */
const OUTAGE_MS = 1_500;
const RECOVERY_MS = 2_000;
const CONNECTIONS = 16;
/** Four times the default: other tests may take our core, or that of Redis, away for longer than 50 ms. */
const BUDGET = '200ms';

const pause = async (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** What can befall a Redis, and what ends it. */
const TROUBLES = {
  'is killed and started again': {
    begin: async (redis: RedisForTests) => redis.kill(),
    end: async (redis: RedisForTests) => redis.restart(),
  },
  'is frozen and goes on': {
    begin: (redis: RedisForTests) => {
      redis.freeze();
    },
    end: (redis: RedisForTests) => {
      redis.thaw();
    },
  },
} as const;

describeWithRedisProgram('a Redis in trouble', () => {
  let redis: RedisForTests;
  let api: ApiProcess;
  let answers: LoadAnswer[];
  let load: ConnectionLoad;

  async function start(mode: 'local' | 'open' | 'closed', limit = 1_000_000): Promise<void> {
    redis = await startRedis();
    api = await startApi({
      env: {
        REDIS_URL: redis.url,
        ENABLE_TOKEN_RATE_LIMIT: 'true',
        RATE_LIMIT_ON_REDIS_FAILURE: mode,
        RATE_LIMIT_REDIS_TIMEOUT: BUDGET,
      },
    });
    const tenant = await newTenant(api.url);
    const token = (await tenant.createToken({ rate_limit: { requests_per_minute: limit } })).string('token');
    answers = [];
    load = new ConnectionLoad({
      url: api.url,
      connections: CONNECTIONS,
      request: () => validateRequest(token),
      onAnswer: (answer) => answers.push(answer),
    });
    await pause(300);
  }
  afterEach(async () => {
    await load.stop();
    await Promise.all([api.stop(), redis.stop()]);
  });

  const degraded = ({ head }: LoadAnswer): string | undefined => /x-ratelimit-degraded: (\w+)/i.exec(head)?.[1];
  const since = (fromMs: number): LoadAnswer[] => answers.filter(({ sentMs }) => sentMs >= fromMs);

  /** Runs through the trouble under load; returns when it began and when it ended. */
  async function suffer(
    trouble: (typeof TROUBLES)[keyof typeof TROUBLES],
  ): Promise<{ begunMs: number; endedMs: number }> {
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.filter((answer) => answer.status !== 200 || degraded(answer) !== undefined)).toEqual([]);
    const begunMs = performance.now();
    await trouble.begin(redis);
    await pause(OUTAGE_MS);
    await trouble.end(redis);
    const endedMs = performance.now();
    await pause(RECOVERY_MS + 500);
    return { begunMs, endedMs };
  }

  describe.each(Object.entries(TROUBLES))('that %s under load', (_, trouble) => {
    it.each(['local', 'open'] as const)(
      'causes no error in the mode %s, is told of, and is over in time',
      async (mode) => {
        await start(mode);
        const { begunMs, endedMs } = await suffer(trouble);
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
        expect(load.broken).toBe(0);
        const during = answers.filter(({ sentMs }) => sentMs >= begunMs + 500 && sentMs < endedMs - 300);
        expect(during.length).toBeGreaterThan(0);
        expect(new Set(during.map(degraded))).toEqual(new Set([mode]));
        const after = since(endedMs + RECOVERY_MS);
        expect(after.length).toBeGreaterThan(0);
        expect(new Set(after.map(degraded))).toEqual(new Set([undefined]));
      },
    );

    it('closes the door in the mode closed, says when to come back, and opens it in time', async () => {
      await start('closed');
      const { begunMs, endedMs } = await suffer(trouble);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
      const during = answers.filter(({ sentMs }) => sentMs >= begunMs + 500 && sentMs < endedMs - 300);
      expect(new Set(during.map(({ status }) => status))).toEqual(new Set([503]));
      for (const { head, body } of during.slice(0, 10)) {
        expect(head).toMatch(/retry-after: \d+/i);
        expect(JSON.parse(body)).toMatchObject({ code: 503, error: 'rate limits cannot be checked' });
      }
      const after = since(endedMs + RECOVERY_MS);
      expect(new Set(after.map(({ status }) => status))).toEqual(new Set([200]));
    });
  });

  it.each(['local', 'open', 'closed'] as const)('that is flushed causes no error in the mode %s', async (mode) => {
    await start(mode);
    const begunMs = performance.now();
    for (let flushed = 0; flushed < 5; flushed += 1) {
      await redis.flush();
      await pause(100);
    }
    expect(since(begunMs).length).toBeGreaterThan(0);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(degraded))).toEqual(new Set([undefined]));
  });

  it('leaves each process its share of the limit in the mode local', async () => {
    redis = await startRedis();
    api = await startApi({
      env: {
        REDIS_URL: redis.url,
        ENABLE_TOKEN_RATE_LIMIT: 'true',
        RATE_LIMIT_ON_REDIS_FAILURE: 'local',
        RATE_LIMIT_REPLICAS: '4',
      },
    });
    const tenant = await newTenant(api.url);
    const token = (await tenant.createToken({ rate_limit: { requests_per_minute: 40 } })).string('token');
    await redis.kill();
    answers = [];
    load = new ConnectionLoad({
      url: api.url,
      connections: 4,
      request: () => validateRequest(token),
      onAnswer: (answer) => answers.push(answer),
    });
    await pause(1_000);
    await load.stop();
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
  });
});

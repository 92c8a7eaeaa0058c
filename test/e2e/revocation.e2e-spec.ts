import { type ApiPair, startApiPair } from '../support/api-pair';
import { type ApiProcess, startApi } from '../support/api-process';
import { type StartOnStore, describeOnMongo } from '../support/each-store';
import { eventually } from '../support/eventually';
import { type Tenant, callWithBearer, expectStatus, newTenant, validate } from '../support/hmac-client';
import type { Answer } from '../support/http-client';
import { type RedisForTests, describeWithRedisProgram, startRedis } from '../support/redis-server';
import { type Revocation, RevocationWatch } from '../support/revocation-watch';

const TRIALS = 10;
const WATCHING = 4;
const BOUND_MS = 1_000;
const PATIENCE_MS = 5_000;
const SCOPE = 'a:b';

/** Revokes tokens by one process and the other in turn while both are asked for them. */
async function revokeInTurn(pair: ApiPair, trials: number): Promise<readonly Revocation[]> {
  const watch = new RevocationWatch(pair.urls, WATCHING, await pair.newTokens(trials));
  for (let trial = 0; trial < trials; trial += 1) {
    await watch.next(async (token) => pair.disable(token, trial), PATIENCE_MS);
  }
  return watch.end();
}

function definePair(start: StartOnStore, env: Readonly<Record<string, string>>): () => [ApiPair, RedisForTests] {
  let redis: RedisForTests;
  let pair: ApiPair | undefined;
  beforeAll(async () => {
    redis = await startRedis();
    pair = await startApiPair(start, { REDIS_URL: redis.url, ...env });
  });
  afterAll(async () => {
    await pair?.stop();
    await redis.stop();
  });
  return () => {
    if (pair === undefined) throw new Error('the two run only while a case runs');
    return [pair, redis];
  };
}

function defineRevocation(running: () => [ApiPair, RedisForTests]): void {
  it('of a token is seen by both within a second, and at once by the one that made it', async () => {
    const revocations = await revokeInTurn(running()[0], TRIALS);
    expect(revocations).toHaveLength(TRIALS);
    expect(Math.max(...revocations.map(({ lastReceivedMs }) => lastReceivedMs))).toBeLessThan(BOUND_MS);
    expect(revocations.map(({ passedLate }, trial) => passedLate[trial % 2])).toEqual(revocations.map(() => 0));
  });
}

describeWithRedisProgram('a change by one of two processes on one Redis', () => {
  describe('with the embedded store', () => {
    defineRevocation(definePair(startApi, {}));
  });

  describeOnMongo('with MongoDB, where nothing but Redis tells of it', (start) => {
    const limits = { ENABLE_TOKEN_RATE_LIMIT: 'true', ENABLE_ACCOUNT_RATE_LIMIT: 'true' };
    const running = definePair(start, { CACHE_TOKEN_TTL: '5m', ...limits });

    defineRevocation(running);

    const told = (answer: Answer, layer: 'account' | 'token'): string =>
      `${String(answer.status)} ${String(answer.headers[`x-ratelimit-limit-${layer}`])}`;
    const refusal = ({ status, body }: Answer): string => `${String(status)} ${String(body['message'])}`;

    /** A token that the other process has just let pass. */
    class Case {
      private constructor(
        readonly here: ApiProcess,
        private readonly there: ApiProcess,
        readonly tenant: Tenant,
        private readonly token: Answer,
      ) {}

      static async begin(): Promise<Case> {
        const [here, there] = running()[0].processes;
        const tenant = await newTenant(here.url);
        const begun = new Case(here, there, tenant, await tenant.createToken({ scope: [SCOPE] }));
        expectStatus(200, await begun.lookThere());
        return begun;
      }

      get path(): string {
        return `/api/v2/tokens/${this.token.string('token_id')}`;
      }

      async operate(path: string, body: unknown): Promise<Answer> {
        const whole = `/api/v2/admin/accounts/${this.tenant.accountId}${path.replace('{id}', this.token.string('token_id'))}`;
        return callWithBearer(this.here.url, this.here.operatorKey, 'PUT', whole, body);
      }

      async lookThere(): Promise<Answer> {
        return validate(this.there.url, this.token.string('token'), { required_scope: SCOPE });
      }

      async expectThere(look: (answer: Answer) => string, expected: string): Promise<void> {
        await eventually(BOUND_MS, async () => {
          expect(look(await this.lookThere())).toBe(expected);
        });
      }
    }

    it('a suspension is seen by the other within a second, and so is its end', async () => {
      const one = await Case.begin();
      expectStatus(200, await one.operate('/status', { status: 'suspended' }));
      await one.expectThere(refusal, '401 Account is suspended');
      expectStatus(200, await one.operate('/status', { status: 'active' }));
      await one.expectThere(refusal, '200 Token is valid');
    });

    it.each<[string, (one: Case) => Promise<Answer>, (answer: Answer) => string, string]>([
      ['a delete', async ({ tenant, path }) => tenant.call('DELETE', path), refusal, '401 Token not found'],
      [
        'an edit of its scope',
        async ({ tenant, path }) => tenant.call('PATCH', path, { scope: ['c:d'] }),
        ({ status }) => String(status),
        '401',
      ],
      [
        'a limit of the token',
        async (one) => one.operate('/tokens/{id}/rate-limit', { rate_limit: { requests_per_minute: 77 } }),
        (answer) => told(answer, 'token'),
        '200 77',
      ],
      [
        'a limit of the account',
        async (one) => one.operate('/rate-limit', { rate_limit: { requests_per_minute: 5_000 } }),
        (answer) => told(answer, 'account'),
        '200 5000',
      ],
    ])('%s is seen by the other within a second', async (_, change, look, expected) => {
      const one = await Case.begin();
      expectStatus(200, await change(one));
      await one.expectThere(look, expected);
    });
  });

  describeOnMongo('with MongoDB, and that Redis stopped', (start) => {
    const ttlMs = 1_000;
    const running = definePair(start, { CACHE_TOKEN_TTL: `${String(ttlMs)}ms` });

    it('is seen by the other within CACHE_TOKEN_TTL', async () => {
      const [pair, redis] = running();
      await redis.kill();
      const last = (await revokeInTurn(pair, 4)).map(({ lastSentMs }) => lastSentMs);
      expect(Math.max(...last)).toBeLessThan(ttlMs);
      // Or else something other than the time to live would have ended it.
      expect(Math.max(...last)).toBeGreaterThan(0);
    });
  });
});

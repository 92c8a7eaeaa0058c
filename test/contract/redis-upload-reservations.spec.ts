import { newAccountId, type ReservationBounds, type UploadToken } from '@tollgate/domain';
import { RedisConnection, RedisUploadReservations } from '@tollgate/redis';
import {
  buildUploadToken,
  type ReservationsUnderTest,
  TEST_EPOCH_MS,
  uploadReservationsContract,
} from '@tollgate/testing';
import { type ClusterForTests, startCluster } from '../support/redis-cluster';
import { describeWithRedis, describeWithRedisProgram, startRedis } from '../support/redis-server';

const DAY_MS = 86_400_000;
const CONNECT_MS = 2_000;
const AT = new Date(TEST_EPOCH_MS);
const BOUNDS: ReservationBounds = { holdMs: 30_000, maxAttempts: 5, maxReceivedBytes: 1_000 };
const UNAVAILABLE = { name: 'TollgateError', code: 'unavailable', retryAfterSeconds: 1 };

/** Two connections, as of two processes. Redis knows nothing of records. */
async function open(url: string, keyPrefix: string): Promise<ReservationsUnderTest> {
  const [one, other] = [await connect(url, keyPrefix), await connect(url, keyPrefix)];
  return {
    reservations: new RedisUploadReservations(one),
    others: new RedisUploadReservations(other),
    tokens: { insert: async () => Promise.resolve('inserted') },
    teardown: async () => {
      await Promise.all([one.close(), other.close()]);
    },
  };
}

async function connect(url: string, keyPrefix = ''): Promise<RedisConnection> {
  const connection = RedisConnection.open({ url, keyPrefix, onFault: () => undefined });
  expect(await connection.untilUp(CONNECT_MS)).toBe(true);
  return connection;
}

describeWithRedis('upload reservations in Redis', (redis) => {
  uploadReservationsContract('Redis', () => open(redis().url, redis().newKeyPrefix()));

  describe('beside the contract', () => {
    let connection: RedisConnection;
    let reservations: RedisUploadReservations;
    beforeAll(async () => {
      connection = await connect(redis().url, redis().newKeyPrefix());
      reservations = new RedisUploadReservations(connection);
    });
    afterAll(async () => connection.close());

    /** In real time, of which a case takes little. */
    async function expectKeptFor({ accountId, id }: UploadToken, expectedMs: number): Promise<void> {
      const ttlMs = await connection.client.pttl(`${connection.keyPrefix}ut:${accountId}:${id}`);
      expect(ttlMs).toBeGreaterThan(expectedMs - 2_000);
      expect(ttlMs).toBeLessThanOrEqual(expectedMs);
    }

    it("keeps what it knows of a token for a day longer than the token's record, by the caller's clock", async () => {
      const token = buildUploadToken({ accountId: newAccountId(), purgeAt: new Date(AT.getTime() + 5 * DAY_MS) });
      await reservations.reserve(token, 'holder', AT, BOUNDS);
      await expectKeptFor(token, 6 * DAY_MS);

      await reservations.renew(token, 'holder', 1, AT, BOUNDS.holdMs);
      await expectKeptFor(token, 6 * DAY_MS);
    });

    it('keeps it for a day longer than somebody holds the token, also past the end of the record', async () => {
      const token = buildUploadToken({ accountId: newAccountId(), purgeAt: new Date(AT.getTime() - 5 * DAY_MS) });
      await reservations.reserve(token, 'holder', AT, BOUNDS);
      await expectKeptFor(token, BOUNDS.holdMs + DAY_MS);

      await reservations.renew(token, 'holder', 1, AT, 7 * DAY_MS);
      await expectKeptFor(token, 8 * DAY_MS);
    });

    it('knows nothing of a token of that id that is of another account', async () => {
      const token = buildUploadToken({ accountId: newAccountId() });
      const rival = { ...token, accountId: newAccountId() };
      await reservations.reserve(token, 'holder', AT, BOUNDS);

      expect(await reservations.renew(rival, 'holder', 1, AT, BOUNDS.holdMs)).toBe(false);
      expect((await reservations.look([rival], AT)).size).toBe(0);
      expect(await reservations.reserve(rival, 'other', AT, BOUNDS)).toStrictEqual({ kind: 'reserved' });
    });

    it('goes on after Redis has forgotten its scripts', async () => {
      const token = buildUploadToken({ accountId: newAccountId() });
      await connection.client.script('FLUSH');
      expect(await reservations.reserve(token, 'holder', AT, BOUNDS)).toStrictEqual({ kind: 'reserved' });
      await connection.client.script('FLUSH');
      expect(await reservations.renew(token, 'holder', 1, AT, BOUNDS.holdMs)).toBe(true);
      await connection.client.script('FLUSH');
      await reservations.release(token, 'holder', 1);

      const states = await reservations.look([token], AT);
      expect(states.get(token.id)).toStrictEqual({ attempts: 1, receivedBytes: 2 });
    });
  });
});

describeWithRedisProgram('upload reservations in a Redis Cluster', () => {
  let cluster: ClusterForTests;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(async () => cluster.stop());

  uploadReservationsContract('Redis Cluster', () => open(cluster.url, 'tollgate:'));

  it('looks at 100 tokens on all of its servers at once', async () => {
    const connection = await connect(cluster.url);
    const reservations = new RedisUploadReservations(connection);
    const tokens = Array.from({ length: 100 }, () => buildUploadToken({ accountId: newAccountId() }));
    await Promise.all(tokens.map((token) => reservations.reserve(token, 'holder', AT, BOUNDS)));

    expect((await reservations.look(tokens, AT)).size).toBe(100);
    await connection.close();
  });
});

describeWithRedisProgram('upload reservations in a Redis that fails', () => {
  it.each([
    ['falls silent', 'freeze'],
    ['is gone', 'kill'],
  ] as const)('are unavailable within a second, each verb of them, when it %s', async (_, fail) => {
    const server = await startRedis();
    const connection = await connect(server.url);
    try {
      const reservations = new RedisUploadReservations(connection);
      const token = buildUploadToken({ accountId: newAccountId() });
      await reservations.reserve(token, 'holder', AT, BOUNDS);
      await server[fail]();

      const startedMs = performance.now();
      await Promise.all([
        expect(reservations.reserve(token, 'holder', AT, BOUNDS)).rejects.toMatchObject(UNAVAILABLE),
        expect(reservations.renew(token, 'holder', 1, AT, BOUNDS.holdMs)).rejects.toMatchObject(UNAVAILABLE),
        expect(reservations.release(token, 'holder', 1)).rejects.toMatchObject(UNAVAILABLE),
        expect(reservations.look([token], AT)).rejects.toMatchObject(UNAVAILABLE),
      ]);
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    } finally {
      if (fail === 'freeze') server.thaw();
      await connection.close();
      await server.stop();
    }
  });
});

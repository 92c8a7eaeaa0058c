import { randomUUID } from 'node:crypto';
import {
  type Demand,
  MemoryCounterStore,
  RedisCounterStore,
  type Subject,
  TICK_MS,
  type WindowLimits,
} from '@tollgate/limiter';
import {
  backMs,
  counterStoreContract,
  FakeClock,
  LimiterHistory,
  operations,
  startMs,
  subjectLimits,
  TEST_EPOCH_MS,
} from '@tollgate/testing';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { describeWithRedis, describeWithRedisProgram, startRedis } from '../support/redis-server';

const DAY_MS = 86_400_000;

describeWithRedis('Redis', (redis) => {
  let client: Redis;
  let keyPrefix: string;
  const clock = new FakeClock();

  beforeAll(() => {
    client = new Redis(redis().url);
    keyPrefix = redis().newKeyPrefix();
  });
  afterAll(async () => {
    await client.quit();
  });

  const open = (kind: 'single' | 'cluster' = 'single'): RedisCounterStore =>
    new RedisCounterStore(client, { kind, keyPrefix, clock });
  const keyOf = ({ group, key }: Subject): string => `${keyPrefix}l:{${group}}:${key}`;

  /** In real time, of which a case takes little. */
  const expectTtl = async (subject: Subject, expectedMs: number): Promise<void> => {
    const ttlMs = await client.pttl(keyOf(subject));
    expect(ttlMs).toBeGreaterThan(expectedMs - 2_000);
    expect(ttlMs).toBeLessThanOrEqual(expectedMs);
  };

  counterStoreContract('Redis', () => Promise.resolve({ store: open(), clock, teardown: () => Promise.resolve() }), {
    histories: 60,
  });

  it('answers exactly as the counters in memory do, also when the clock goes back', async () => {
    const memory = new MemoryCounterStore(clock);
    const store = open();
    const back = fc.record({ kind: fc.constant('back'), byMs: backMs });
    const plans = operations.chain((plan) => fc.array(back, { maxLength: 4 }).map((steps) => interleave(plan, steps)));
    await fc.assert(
      fc.asyncProperty(startMs, subjectLimits, plans, async (start, own, plan) => {
        clock.set(start);
        const expected: (() => Promise<void>)[] = [];
        const history = new LimiterHistory(store, clock, own, {
          took: (demands, outcome) => {
            expect(outcome).toStrictEqual(memory.takeNow(demands));
          },
          gaveBack: (unused) => {
            expected.push(() => memory.giveBack([unused]));
          },
        });
        for (const operation of plan) {
          if (operation.kind === 'back') clock.advance(-operation.byMs);
          else await history.play(operation);
          for (const giveBack of expected.splice(0)) await giveBack();
        }
      }),
      { seed: 20_260_107, numRuns: 60 },
    );
  }, 60_000);

  it('lets a key live until all it holds has left, and refreshes that only when it must', async () => {
    const store = open();
    clock.set(TEST_EPOCH_MS);
    const hour = subjectOf([0, 10, 0]);
    await store.take(one(hour));
    await expectTtl(hour, 13 * 300_000);

    await store.take(one({ ...hour, limits: [0, 10, 100] }));
    await expectTtl(hour, (13 * DAY_MS) / 12);
    await store.take(one({ ...hour, limits: [5, 0, 0] }));
    clock.advance(TICK_MS);
    await store.take(one({ ...hour, limits: [5, 0, 0] }));
    await expectTtl(hour, (13 * DAY_MS) / 12 - TICK_MS);
  });

  it('keeps no key for a subject that was only looked at or refused, and removes one that holds nothing', async () => {
    const store = open();
    clock.set(TEST_EPOCH_MS);
    const subject = subjectOf([1, 0, 0]);
    await store.take([{ subject, need: 0, extra: 0 }]);
    await store.take([{ subject, need: 2, extra: 0 }]);
    expect(await client.exists(keyOf(subject))).toBe(0);

    await store.take(one(subject));
    expect(await client.exists(keyOf(subject))).toBe(1);
    clock.advance(13 * TICK_MS);
    await store.take([{ subject, need: 0, extra: 0 }]);
    expect(await client.exists(keyOf(subject))).toBe(0);
  });

  it.each([
    ['of another length', 'x'.repeat(185)],
    ['that is empty', ''],
  ])('takes a value %s for none', async (_, value) => {
    const store = open();
    clock.set(TEST_EPOCH_MS);
    const subject = subjectOf([3, 0, 0]);
    await client.set(keyOf(subject), value);
    expect(await store.take(one(subject))).toMatchObject({ refusedBy: -1, states: [{ remaining: 2 }] });
    expect(await client.strlen(keyOf(subject))).toBe(184);
  });

  it('takes a value of another type for none', async () => {
    const store = open();
    const subject = subjectOf([3, 0, 0]);
    await client.lpush(keyOf(subject), 'x');
    await store.giveBack([{ subject, units: 1, grantedAtMs: TEST_EPOCH_MS }]);
    expect(await store.take(one(subject))).toMatchObject({ refusedBy: -1, states: [{ remaining: 2 }] });
  });

  it('answers whatever bytes a value of the right length holds, and has forgotten them a window later', async () => {
    const store = open();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 184, maxLength: 184 }), fc.boolean(), async (bytes, isOfNow) => {
        clock.set(TEST_EPOCH_MS);
        const subject = subjectOf([3, 5, 0]);
        const value = Buffer.from(bytes);
        if (isOfNow) value.writeUInt32LE(TEST_EPOCH_MS / TICK_MS, 0);
        await client.set(keyOf(subject), value);
        await store.take(one(subject));
        await store.giveBack([{ subject, units: 1, grantedAtMs: TEST_EPOCH_MS }]);
        clock.advance(DAY_MS * 2);
        expect(await store.take(one(subject))).toMatchObject({ refusedBy: -1, states: [{ remaining: 2 }] });
      }),
      { seed: 20_260_108, numRuns: 100 },
    );
  });

  it('decides takes of one turn in one call of at most 256, in their order, and with the limits of each', async () => {
    const store = open();
    clock.set(TEST_EPOCH_MS);
    const calls = jest.spyOn(client, 'evalsha');
    const subject = subjectOf([300, 0, 0]);
    const outcomes = await Promise.all(Array.from({ length: 310 }, () => store.take(one(subject))));
    expect(calls).toHaveBeenCalledTimes(2);
    expect(outcomes.map(({ refusedBy }) => refusedBy)).toStrictEqual([
      ...Array.from({ length: 300 }, () => -1),
      ...Array.from({ length: 10 }, () => 0),
    ]);

    const [raised, lowered] = await Promise.all([
      store.take(one({ ...subject, limits: [301, 0, 0] })),
      store.take(one({ ...subject, limits: [200, 0, 0] })),
    ]);
    expect([raised.refusedBy, lowered.refusedBy]).toStrictEqual([-1, 0]);
    expect(lowered.states).toMatchObject([{ limit: 200, remaining: 0 }]);
  });

  it('goes by the clock of Redis where none is given', async () => {
    const store = new RedisCounterStore(client, { kind: 'single', keyPrefix });
    const before = Date.now();
    const { nowMs } = await store.take(one(subjectOf([3, 0, 0])));
    expect(nowMs).toBeGreaterThanOrEqual(before - 1);
    expect(nowMs).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('counts on after Redis has forgotten its scripts', async () => {
    const store = open();
    clock.set(TEST_EPOCH_MS);
    const subject = subjectOf([3, 0, 0]);
    const { nowMs } = await store.take(one(subject));
    await client.script('FLUSH');
    expect(await store.take(one(subject))).toMatchObject({ states: [{ remaining: 1 }] });
    await client.script('FLUSH');
    await store.giveBack([{ subject, units: 1, grantedAtMs: nowMs }]);
    expect(await store.take(one(subject))).toMatchObject({ states: [{ remaining: 1 }] });
  });

  it('takes subjects of one group only on a cluster, in one call for each group', async () => {
    const store = open('cluster');
    clock.set(TEST_EPOCH_MS);
    const [first, second] = [subjectOf([3, 0, 0]), { ...subjectOf([3, 0, 0]), group: 'another' }];
    await expect(store.take([...one(first), ...one(second)])).rejects.toThrow('different groups');

    const calls = jest.spyOn(client, 'evalsha');
    const outcomes = await Promise.all([first, second, first].map((subject) => store.take(one(subject))));
    expect(outcomes.map(({ states }) => states[0]?.remaining)).toStrictEqual([2, 2, 1]);
    expect(calls).toHaveBeenCalledTimes(2);
  });
});

describeWithRedisProgram('a Redis that fails', () => {
  it('rejects every take of a batch, and takes beyond the 10,000 that may wait', async () => {
    const server = await startRedis();
    const client = new Redis(server.url, { retryStrategy: null });
    client.on('error', () => undefined);
    try {
      const store = new RedisCounterStore(client, { kind: 'single', keyPrefix: '' });
      const subject = subjectOf([1_000_000, 0, 0]);
      await store.take(one(subject));
      server.freeze();
      const waiting = Promise.allSettled(Array.from({ length: 10_000 }, () => store.take(one(subject))));
      await expect(store.take(one(subject))).rejects.toThrow('too many takes');
      await server.kill();
      const results = await waiting;
      expect(results.every(({ status }) => status === 'rejected')).toBe(true);
      // They wait no longer.
      await expect(store.take(one(subject))).rejects.not.toThrow('too many takes');
    } finally {
      if (client.status !== 'end') client.disconnect();
      await server.stop();
    }
  });
});

function subjectOf(limits: WindowLimits): Subject {
  return { layer: 'token', key: randomUUID(), group: 'group', limits };
}

function one(subject: Subject): readonly Demand[] {
  return [{ subject, need: 1, extra: 0 }];
}

/** Spreads the second list evenly over the first. */
function interleave<A, B>(first: readonly A[], second: readonly B[]): readonly (A | B)[] {
  const every = Math.max(1, Math.floor(first.length / (second.length + 1)));
  return first.flatMap((item, index) => {
    const inserted = (index + 1) % every === 0 ? second[(index + 1) / every - 1] : undefined;
    return inserted === undefined ? [item] : [item, inserted];
  });
}

import { TollgateError } from '@tollgate/domain';
import { FakeClock } from '@tollgate/testing';
import { CounterStore, type UnusedUnits } from '../counter-store';
import { MemoryCounterStore } from '../memory/memory-counter-store';
import type { Decision, DecisionSource } from '../rate-limiter';
import type { Demand, Layer, Subject, TakeOutcome, WindowLimits } from '../subject';
import { SharedRateLimiter, type SharedRateLimiterOptions } from './shared-rate-limiter';

const NO_LEASES = { app: 0, account: 0, token: 0, address: 0 };
const REFUSED = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

/** Counts at once; answers as told. */
class ControlledStore extends CounterStore {
  mode: 'answer' | 'hold' | 'hang' | Error = 'answer';
  readonly takes: (readonly Demand[])[] = [];
  readonly returned: UnusedUnits[] = [];
  groupsApart = false;
  private held: (() => void)[] = [];

  constructor(readonly counters: MemoryCounterStore) {
    super();
  }

  override async take(demands: readonly Demand[]): Promise<TakeOutcome> {
    this.takes.push(demands);
    if (this.mode instanceof Error) throw this.mode;
    if (this.groupsApart && new Set(demands.map(({ subject: { group } }) => group)).size !== 1)
      throw new Error('CROSSSLOT');
    const outcome = this.counters.takeNow(demands);
    if (this.mode === 'hang') return new Promise(() => undefined);
    if (this.mode === 'hold') await new Promise<void>((resolve) => this.held.push(resolve));
    return outcome;
  }

  override async giveBack(unused: readonly UnusedUnits[]): Promise<void> {
    this.returned.push(...unused);
    await this.counters.giveBack(unused);
  }

  async release(): Promise<void> {
    const held = this.held;
    this.held = [];
    for (const resolve of held) resolve();
    await jest.advanceTimersByTimeAsync(0);
  }
}

const limiters: SharedRateLimiter[] = [];

function build(options: Partial<SharedRateLimiterOptions> = {}) {
  const clock = new FakeClock(Date.parse('2026-01-04T10:00:00.000Z'));
  const counters = new MemoryCounterStore(clock);
  const store = new ControlledStore(counters);
  const sources: DecisionSource[] = [];
  const asked: string[] = [];
  const circuit: string[] = [];
  const observer = {
    decided: (_: readonly Subject[], _decision: Decision, source: DecisionSource) => sources.push(source),
    asked: (_: number, outcome: string) => asked.push(outcome),
    circuit: (state: string) => circuit.push(state),
  };
  const startMs = clock.nowMs();
  const limiter = new SharedRateLimiter(store, clock, observer, {
    leases: NO_LEASES,
    onFailure: 'local',
    replicas: 2,
    nowMs: () => clock.nowMs() - startMs,
    ...options,
  });
  limiters.push(limiter);
  /** Both clocks, and the timers in steps that they would be noticed in. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 5) {
      clock.advance(Math.min(5, left));
      await jest.advanceTimersByTimeAsync(Math.min(5, left));
    }
  };
  /** What the counters have left for others. */
  const left = (of: Subject) => counters.takeNow([{ subject: of, need: 0, extra: 0 }]).states[0]?.remaining;
  return { clock, counters, store, limiter, sources, asked, circuit, pass, left };
}

function subject(layer: Layer, limits: WindowLimits = [100, 0, 0], group = 'g'): Subject {
  return { layer, key: layer, group, limits };
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(async () => {
  for (const limiter of limiters.splice(0)) await limiter.close();
  jest.useRealTimers();
});

describe('SharedRateLimiter', () => {
  describe('without leases', () => {
    it('asks once for each request, and says what the counters said', async () => {
      const { limiter, store, sources, asked } = build();
      const subjects = [subject('account', [10, 0, 0]), subject('token', [5, 0, 0])];
      expect(await limiter.take(subjects)).toEqual({
        refusedBy: -1,
        retryAfterSeconds: 0,
        degraded: undefined,
        states: [
          expect.objectContaining({ granted: 1, limit: 10, remaining: 9 }),
          expect.objectContaining({ granted: 1, limit: 5, remaining: 4 }),
        ],
      });
      expect([store.takes.length, sources, asked]).toEqual([1, ['shared'], ['answered']]);
    });

    it('looks without counting', async () => {
      const { limiter, left } = build();
      const token = subject('token', [5, 0, 0]);
      expect((await limiter.look([token])).states[0]?.remaining).toBe(5);
      expect(left(token)).toBe(5);
    });
  });

  describe('refusals', () => {
    it('are remembered for the subject that refused and nobody else, with the time left counting down', async () => {
      const { limiter, store, sources, pass, left } = build();
      const account = subject('account', [10, 0, 0]);
      const token = subject('token', [1, 0, 0]);
      await limiter.take([account, token]);
      const refusal = await limiter.take([account, token]);
      expect(refusal).toMatchObject({
        refusedBy: 1,
        retryAfterSeconds: 65,
        states: [{ remaining: 9 }, { remaining: 0 }],
      });
      await pass(10_000);
      const again = limiter.take([account, token]);
      expect(again).toEqual({ ...refusal, retryAfterSeconds: 55 });
      expect(limiter.look([token])).toMatchObject({ refusedBy: 0, retryAfterSeconds: 55 });
      expect([store.takes.length, sources.at(-1)]).toEqual([2, 'denial']);
      expect((await limiter.take([account])).refusedBy).toBe(-1);
      expect(left(account)).toBe(8);
    });

    it('hold until each subject itself has room, not until all have', async () => {
      const { limiter, pass } = build();
      const app = subject('app', [1, 0, 0]);
      const token = subject('token', [0, 0, 1]);
      await limiter.take([app, token]);
      expect((await limiter.take([app, token])).retryAfterSeconds).toBeGreaterThan(80_000);
      await pass(65_000);
      expect((await limiter.take([app])).refusedBy).toBe(-1);
      expect((await limiter.take([token])).refusedBy).toBe(0);
    });

    it('end with a change of limits', async () => {
      const { limiter } = build();
      await limiter.take([subject('token', [1, 0, 0])]);
      expect((await limiter.take([subject('token', [1, 0, 0])])).refusedBy).toBe(0);
      expect((await limiter.take([subject('token', [2, 0, 0])])).refusedBy).toBe(-1);
    });

    it('are asked about again after 250 ms where a lease might have made room', async () => {
      const { limiter, store, pass } = build({ leases: { ...NO_LEASES, app: 10 } });
      const token = subject('token', [1, 0, 0]);
      await limiter.take([token]);
      await limiter.take([token]);
      await pass(245);
      expect(limiter.take([token])).toMatchObject({ refusedBy: 0 });
      expect(store.takes.length).toBe(2);
      await pass(5);
      await limiter.take([token]);
      expect(store.takes.length).toBe(3);
    });
  });

  describe('leases', () => {
    const leases = { ...NO_LEASES, app: 20, token: 20 };

    it('decide at once, all subjects or none', async () => {
      const { limiter, store, sources, left } = build({ leases });
      const [app, token] = [subject('app'), subject('token')];
      expect((await limiter.take([app, token])).states.map(({ remaining }) => remaining)).toEqual([99, 99]);
      expect([left(app), left(token)]).toEqual([80, 80]);
      const decision = limiter.take([app, token]);
      expect(decision).toMatchObject({ refusedBy: -1, states: [{ granted: 1, remaining: 98 }, { remaining: 98 }] });
      expect([store.takes.length, sources]).toEqual([1, ['shared', 'lease']]);
    });

    it('put a unit back when another subject refuses', async () => {
      const { limiter } = build({ leases: { ...NO_LEASES, app: 20 } });
      const [app, account] = [subject('app'), subject('account', [1, 0, 0])];
      await limiter.take([app, account]);
      const refused = await limiter.take([app, account]);
      expect(refused).toMatchObject({ refusedBy: 1, states: [{ remaining: 99 }, { remaining: 0 }] });
      expect(limiter.take([app])).toMatchObject({ states: [{ remaining: 98 }] });
    });

    it('are taken once for many requests at the same time', async () => {
      const { limiter, store } = build({ leases: { ...NO_LEASES, app: 100 } });
      const app = subject('app', [1_000, 0, 0]);
      store.mode = 'hold';
      const decisions = Array.from({ length: 64 }, () => limiter.take([app]));
      await store.release();
      expect(
        (await Promise.all(decisions.map(async (decision) => decision))).every(({ refusedBy }) => refusedBy === -1),
      ).toBe(true);
      expect(store.takes.length).toBe(1);
    });

    it('let everyone ask alone where nothing can be spared for a lease', async () => {
      const { limiter, store } = build({ leases: { ...NO_LEASES, app: 100 } });
      const app = subject('app', [3, 0, 0]);
      const decisions = await Promise.all(Array.from({ length: 8 }, async () => limiter.take([app])));
      expect(decisions.filter(({ refusedBy }) => refusedBy === -1)).toHaveLength(3);
      expect(store.takes.filter(([demand]) => (demand?.extra ?? 0) > 0)).toHaveLength(1);
    });

    it('are filled up in the background before they are used up', async () => {
      const { limiter, store } = build({ leases: { ...NO_LEASES, app: 20 } });
      const app = [subject('app', [1_000, 0, 0])];
      await limiter.take(app);
      for (let used = 0; used < 19; used += 1) expect(limiter.take(app)).not.toBeInstanceOf(Promise);
      await jest.advanceTimersByTimeAsync(0);
      expect(store.takes).toHaveLength(2);
      expect(store.takes[1]).toEqual([expect.objectContaining({ need: 0 })]);
      expect(limiter.take(app)).not.toBeInstanceOf(Promise);
    });

    it('end before the slot they were counted in, and what is left goes back', async () => {
      const { limiter, store, pass, left } = build({ leases });
      const app = [subject('app')];
      await pass(3_000);
      await limiter.take(app);
      await pass(900);
      expect(limiter.take(app)).not.toBeInstanceOf(Promise);
      await pass(900);
      expect(limiter.take(app)).not.toBeInstanceOf(Promise);
      expect(store.takes).toHaveLength(1);
      await pass(195);
      const late = limiter.take(app);
      expect(late).toBeInstanceOf(Promise);
      await late;
      await pass(1_300);
      expect(left(subject('app'))).toBe(96);
    });

    it('go back when nobody uses them, and then all of the limit can be used', async () => {
      const { limiter, pass, left, store } = build({ leases });
      await limiter.take([subject('app')]);
      await pass(1_000);
      expect(store.returned).toEqual([]);
      await pass(250);
      expect(left(subject('app'))).toBe(99);
    });

    it('end with a change of limits', async () => {
      const { limiter, store, left } = build({ leases: { ...NO_LEASES, token: 20 } });
      await limiter.take([subject('token')]);
      const decision = limiter.take([subject('token', [50, 0, 0])]);
      expect(decision).toBeInstanceOf(Promise);
      expect((await decision).states[0]?.limit).toBe(50);
      limiter.sweep();
      await jest.advanceTimersByTimeAsync(0);
      expect(store.returned).toEqual([expect.objectContaining({ units: 19, subject: subject('token') })]);
      await limiter.close();
      expect(left(subject('token'))).toBe(98);
    });

    it('go back when the limiter closes, also when it answers never', async () => {
      const { limiter, left, store } = build({ leases });
      await limiter.take([subject('app')]);
      await limiter.close();
      expect(left(subject('app'))).toBe(99);
      store.giveBack = () => new Promise(() => undefined);
      const second = build({ leases });
      await second.limiter.take([subject('app')]);
      second.store.giveBack = () => new Promise(() => undefined);
      const closed = second.limiter.close();
      await jest.advanceTimersByTimeAsync(500);
      await closed;
    });

    it('come back from an answer that was too late, while the unit of the request stays counted', async () => {
      const { limiter, store, pass, left, asked } = build({ leases });
      store.mode = 'hold';
      const decision = limiter.take([subject('app')]);
      await pass(60);
      expect((await decision).degraded).toBe('local');
      expect([left(subject('app')), asked]).toEqual([80, ['timeout']]);
      await store.release();
      await pass(250);
      expect(left(subject('app'))).toBe(99);
    });

    it('are usable while the counters do not answer', async () => {
      const { limiter, store, sources } = build({ leases });
      await limiter.take([subject('app')]);
      store.mode = REFUSED;
      await limiter.take([subject('account')]);
      expect(limiter.take([subject('app')])).toMatchObject({ degraded: undefined });
      expect(sources).toEqual(['shared', 'fallback', 'lease']);
    });
  });

  describe('where only one group can be taken in one step', () => {
    const apart = { leases: { ...NO_LEASES, app: 20 }, groupsApart: true };
    const token = subject('token', [3, 0, 0]);

    it('takes a leased subject of another group by a call of its own, once for many requests', async () => {
      const { limiter, store, left, pass } = build(apart);
      store.groupsApart = true;
      const app = subject('app', [100, 0, 0], 'app');
      const decisions = await Promise.all([1, 2, 3, 4, 5].map(async () => limiter.take([app, token])));
      expect(decisions.map(({ refusedBy }) => refusedBy).sort((a, b) => a - b)).toEqual([-1, -1, -1, 1, 1]);
      expect(store.takes.filter(([demand]) => demand?.subject === app)).toHaveLength(1);
      await pass(250);
      expect((await limiter.look([app, token])).states.map(({ remaining }) => remaining)).toEqual([97, 0]);
      await limiter.close();
      expect([left(app), left(token)]).toEqual([97, 0]);
    });

    it('counts nothing for a request that any group refuses, also where no lease can be had', async () => {
      const { limiter, store, left, pass } = build(apart);
      store.groupsApart = true;
      const app = subject('app', [4, 0, 0], 'app');
      const decisions = await Promise.all([1, 2, 3, 4, 5].map(async () => limiter.take([app, token])));
      expect(decisions.filter(({ refusedBy }) => refusedBy === -1)).toHaveLength(3);
      await pass(250);
      expect([left(app), left(token)]).toEqual([1, 0]);
      const account = subject('account', [10, 0, 0]);
      await limiter.take([app, account]);
      expect(await limiter.take([app, account])).toMatchObject({ refusedBy: 0, states: [{ remaining: 0 }, {}] });
      expect(left(account)).toBe(9);
    });

    it('puts back what it holds when the other group does not answer', async () => {
      const { limiter, store, left, pass } = build(apart);
      const app = subject('app', [100, 0, 0], 'app');
      await limiter.take([app]);
      store.mode = 'hang';
      const decision = limiter.take([app, token]);
      await pass(55);
      expect((await decision).degraded).toBe('local');
      await limiter.close();
      expect(left(app)).toBe(99);
    });
  });

  describe('when the counters do not answer', () => {
    it('local: counts here against its share of the limits', async () => {
      const { limiter, store, sources } = build({ onFailure: 'local', replicas: 3 });
      store.mode = REFUSED;
      const subjects = [subject('token', [7, 0, 1_000])];
      const decisions = [];
      for (let request = 0; request < 3; request += 1) decisions.push(await limiter.take(subjects));
      expect(decisions.map(({ refusedBy }) => refusedBy)).toEqual([-1, -1, 0]);
      expect(decisions[2]).toMatchObject({ degraded: 'local', retryAfterSeconds: 65, states: [{ limit: 2 }] });
      expect(await limiter.look(subjects)).toMatchObject({ degraded: 'local', refusedBy: 0 });
      expect(sources).toEqual(['fallback', 'fallback', 'fallback']);
    });

    it('local: a limit below the number of processes leaves one request to each', async () => {
      const { limiter, store } = build({ replicas: 8 });
      store.mode = REFUSED;
      const subjects = [subject('token', [3, 0, 0])];
      expect((await limiter.take(subjects)).refusedBy).toBe(-1);
      expect((await limiter.take(subjects)).refusedBy).toBe(0);
    });

    it('open: everything passes', async () => {
      const { limiter, store } = build({ onFailure: 'open' });
      store.mode = REFUSED;
      for (let request = 0; request < 5; request += 1) {
        expect(await limiter.take([subject('token', [1, 0, 0])])).toMatchObject({
          refusedBy: -1,
          states: [],
          degraded: 'open',
        });
      }
    });

    it('closed: says when to come again', async () => {
      const { limiter, store } = build({ onFailure: 'closed' });
      store.mode = REFUSED;
      const failure = { code: 'unavailable', retryAfterSeconds: 1 };
      await expect(limiter.take([subject('token')])).rejects.toMatchObject(failure);
      expect(() => limiter.take([subject('token')])).toThrow(TollgateError);
      expect(() => limiter.look([subject('token')])).toThrow(TollgateError);
    });

    it('waits no longer than its time, and after three such waits not at all', async () => {
      const { limiter, store, circuit, asked, pass } = build({ onFailure: 'open' });
      store.mode = 'hang';
      const waiting = [1, 2, 3, 4].map(() => limiter.take([subject('token')]));
      await pass(55);
      expect((await Promise.all(waiting.map(async (decision) => decision))).map(({ degraded }) => degraded)).toEqual(
        Array(4).fill('open'),
      );
      expect(circuit).toEqual(['open']);
      expect(asked).toEqual(Array(4).fill('timeout'));
      expect(limiter.take([subject('token')])).toMatchObject({ degraded: 'open' });
      expect(store.takes).toHaveLength(4);
    });

    it('decides those who wait for a refill in the same way, within the same time', async () => {
      const { limiter, store, pass } = build({ leases: { ...NO_LEASES, app: 20 } });
      store.mode = 'hang';
      const waiting = Array.from({ length: 16 }, () => limiter.take([subject('app')]));
      await pass(55);
      expect(
        (await Promise.all(waiting.map(async (decision) => decision))).every(({ degraded }) => degraded === 'local'),
      ).toBe(true);
      expect(store.takes).toHaveLength(1);
    });

    it('one request in 250 ms finds out whether they answer again', async () => {
      const { limiter, store, circuit, pass } = build({ onFailure: 'open' });
      const token = [subject('token')];
      store.mode = REFUSED;
      await limiter.take(token);
      await pass(250);
      store.mode = 'hold';
      const probe = limiter.take(token);
      expect(limiter.take(token)).toMatchObject({ degraded: 'open' });
      await store.release();
      expect((await probe).degraded).toBeUndefined();
      store.mode = 'answer';
      expect((await limiter.take(token)).degraded).toBeUndefined();
      expect(circuit).toEqual(['open', 'half-open', 'closed']);
    });

    it('refusals hold, until the counters answer again and may have forgotten', async () => {
      const { limiter, store, sources, pass } = build({ onFailure: 'open' });
      const [token, other] = [[subject('token', [1, 0, 0])], [subject('account')]];
      await limiter.take(token);
      await limiter.take(token);
      store.mode = REFUSED;
      await limiter.take(other);
      expect(limiter.take(token)).toMatchObject({ refusedBy: 0, degraded: undefined });
      store.mode = 'answer';
      await pass(250);
      await limiter.take(other);
      expect((await limiter.take(token)).refusedBy).toBe(0);
      expect(sources).toEqual(['shared', 'shared', 'fallback', 'denial', 'shared', 'shared']);
    });
  });
});

import { FakeClock } from '@tollgate/testing';
import * as fc from 'fast-check';
import { CounterStore, type UnusedUnits } from '../counter-store';
import { MemoryCounterStore } from '../memory/memory-counter-store';
import { type Decision, SILENT_OBSERVER } from '../rate-limiter';
import type { Demand, Subject, TakeOutcome } from '../subject';
import { TIMEOUT_MS } from './limits';
import { SharedRateLimiter } from './shared-rate-limiter';

/** Long enough that leases live and short enough that a run passes through every window. */
const TICK_MS = 2_000;
const WINDOW_MS = [12 * TICK_MS, 12 * 60 * TICK_MS, 12 * 1_440 * TICK_MS] as const;
const SLOT_MS = [TICK_MS, 60 * TICK_MS, 1_440 * TICK_MS] as const;
const PROCESSES = 3;

const app: Subject = { layer: 'app', key: 'app', group: 'app', limits: [30, 60, 0] };
const account: Subject = { layer: 'account', key: 'account', group: 'a', limits: [0, 40, 90] };
const tokens = [1, 2].map((id): Subject => ({
  layer: 'token',
  key: `t${String(id)}`,
  group: 'a',
  limits: [13, 0, 50],
}));
const REQUESTS: readonly (readonly Subject[])[] = [
  [app, account, tokens[0]!],
  [app, account, tokens[1]!],
  [app],
  [tokens[0]!],
];

/** Counters a network away: what is sent there arrives when the test says so. */
class DistantStore extends CounterStore {
  private readonly underWay: (() => void)[] = [];
  private readonly answers: (() => void)[] = [];

  constructor(
    private readonly counters: MemoryCounterStore,
    private readonly groupsApart: boolean,
  ) {
    super();
  }

  override take(demands: readonly Demand[]): Promise<TakeOutcome> {
    const groups = new Set(demands.map(({ subject: { group } }) => group));
    if (demands.length === 0 || (this.groupsApart && groups.size > 1)) throw new Error('not to be taken in one step');
    return new Promise((resolve) => {
      this.underWay.push(() => {
        const outcome = this.counters.takeNow(demands);
        this.answers.push(() => {
          resolve(outcome);
        });
      });
    });
  }

  override giveBack(unused: readonly UnusedUnits[]): Promise<void> {
    return new Promise((resolve) => {
      this.underWay.push(() => {
        void this.counters.giveBack(unused);
        resolve();
      });
    });
  }

  /** One way and back, in no time. */
  deliver(): boolean {
    const underWay = this.underWay.splice(0);
    for (const arrive of underWay) arrive();
    for (const answer of this.answers.splice(0)) answer();
    return underWay.length > 0;
  }
}

type Step =
  | { readonly kind: 'take'; readonly process: number; readonly request: number; readonly times: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'deliver'; readonly process: number }
  | { readonly kind: 'sweep'; readonly process: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      process: fc.nat(PROCESSES - 1),
      request: fc.nat(REQUESTS.length - 1),
      times: fc.integer({ min: 1, max: 10 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.oneof(
        fc.integer({ min: 1, max: 49 }),
        fc.nat(TICK_MS),
        fc.nat(TICK_MS * 3),
        fc.nat(WINDOW_MS[0]),
        fc.nat(WINDOW_MS[1]),
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('deliver' as const), process: fc.nat(PROCESSES - 1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('sweep' as const), process: fc.nat(PROCESSES - 1) }),
  },
);

const sizes = fc.record({
  app: fc.constantFrom(0, 8, 30),
  account: fc.constantFrom(0, 5),
  token: fc.constantFrom(0, 4),
  address: fc.constant(0),
});

interface Admission {
  readonly atMs: number;
  readonly subject: Subject;
}

/** Lets promises that wait for each other settle. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

function build(leases: Record<'app' | 'account' | 'token' | 'address', number>, groupsApart: boolean) {
  const clock = new FakeClock(Date.parse('2026-01-04T10:00:00.000Z'));
  const counters = new MemoryCounterStore(clock, { tickMs: TICK_MS });
  const startMs = clock.nowMs();
  const processes = Array.from({ length: PROCESSES }, (_, index) => {
    const store = new DistantStore(counters, groupsApart);
    const limiter = new SharedRateLimiter(store, clock, SILENT_OBSERVER, {
      leases,
      groupsApart,
      onFailure: 'closed',
      replicas: PROCESSES,
      tickMs: TICK_MS,
      // Each process counts from when it began, and a little slower or faster than the counters.
      nowMs: () => (clock.nowMs() - startMs) * (1 + (index - 1) * 0.000_4) + index * 1_000,
    });
    return { store, limiter };
  });
  const admitted: Admission[] = [];
  let refusals = 0;
  const faults: unknown[] = [];
  const take = (process: number, request: number): void => {
    const subjects = REQUESTS[request]!;
    const enter = (decision: Decision): void => {
      if (decision.refusedBy >= 0) refusals += 1;
      else for (const subject of subjects) admitted.push({ atMs: clock.nowMs(), subject });
    };
    const decision = processes[process]!.limiter.take(subjects);
    if (decision instanceof Promise) decision.then(enter, (fault: unknown) => faults.push(fault));
    else enter(decision);
  };
  return { clock, counters, processes, admitted, faults, take, refusals: () => refusals };
}

async function deliver({ store }: { readonly store: DistantStore }): Promise<void> {
  while (store.deliver()) await settle();
}

/** The largest number of a subject's requests in any stretch as long as its window. */
function most(admitted: readonly Admission[], of: Subject, windowMs: number): number {
  const times = admitted.filter(({ subject }) => subject === of).map(({ atMs }) => atMs);
  let largest = 0;
  let from = 0;
  for (const [index, atMs] of times.entries()) {
    while (atMs - times[from]! >= windowMs) from += 1;
    largest = Math.max(largest, index - from + 1);
  }
  return largest;
}

describe('SharedRateLimiter with leases, in several processes', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('never lets more pass than the limit in any stretch, counts nothing for the refused, and gives all else back', async () => {
    let passed = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.boolean(),
        fc.array(step, { minLength: 20, maxLength: 120 }),
        async (leases, apart, steps) => {
          jest.clearAllTimers();
          const { clock, counters, processes, admitted, faults, refusals, take } = build(
            leases,
            apart && leases.app > 0,
          );
          let onTheWayMs = 0;
          for (const next of steps) {
            switch (next.kind) {
              case 'take':
                for (let time = 0; time < next.times; time += 1) take(next.process, next.request);
                break;
              case 'deliver':
                await deliver(processes[next.process]!);
                break;
              case 'sweep':
                processes[next.process]!.limiter.sweep();
                break;
              case 'pass':
                // Nothing stays on its way for longer than a call has.
                onTheWayMs += next.ms;
                if (onTheWayMs >= TIMEOUT_MS) {
                  for (const process of processes) await deliver(process);
                  onTheWayMs = 0;
                }
                clock.advance(next.ms);
            }
            await settle();
          }
          for (const process of processes) await deliver(process);
          for (const subject of [app, account, ...tokens]) {
            for (const index of [0, 1, 2] as const) {
              const limit = subject.limits[index];
              if (limit > 0) expect(most(admitted, subject, WINDOW_MS[index])).toBeLessThanOrEqual(limit);
            }
          }
          expect(faults).toEqual([]);
          passed += admitted.length;
          refused += refusals();

          for (const process of processes) {
            const closed = process.limiter.close();
            await deliver(process);
            await closed;
          }
          for (const subject of [app, account, ...tokens]) {
            const lefts = ([0, 1, 2] as const)
              .filter((index) => subject.limits[index] > 0)
              .map((index) => {
                const slotMs = SLOT_MS[index];
                const oldest = (Math.floor(clock.nowMs() / slotMs) - 12) * slotMs;
                const counted = admitted.filter((entry) => entry.subject === subject && entry.atMs >= oldest).length;
                return subject.limits[index] - counted;
              });
            const [state] = counters.takeNow([{ subject, need: 0, extra: 0 }]).states;
            expect(state?.remaining).toBe(Math.min(...lefts));
          }
        },
      ),
      { numRuns: 150 },
    );
    // The property would hold as well for a limiter that lets nothing pass, or never gets to a limit.
    expect(passed).toBeGreaterThan(1_000);
    expect(refused).toBeGreaterThan(1_000);
  });
});

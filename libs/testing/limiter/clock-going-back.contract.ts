import { randomUUID } from 'node:crypto';
import { COUNTERS_PER_WINDOW, type Demand, HELD_TICKS, type Subject, TICK_MS, WINDOWS } from '@tollgate/limiter';
import * as fc from 'fast-check';
import { TEST_EPOCH_MS } from '../fake-clock';
import type { CounterStoreUnderTest } from './counter-store-under-test';
import { LimiterHistory } from './limiter-history';
import { demands, pause, startMs, subjectLimits } from './limiter-operations';
import { leavesAtMs } from './slot-oracle';

interface Taken {
  readonly key: string;
  /** By a clock that nobody sets. */
  readonly atMs: number;
  readonly units: number;
}

const HELD_MS = HELD_TICKS * TICK_MS;

/** What the clock loses: as much as is held, a little more, or much. */
export const backMs = fc.oneof(
  fc.integer({ min: 1, max: HELD_MS + TICK_MS }),
  fc.constantFrom(HELD_MS - 1, HELD_MS, HELD_MS + 1, HELD_MS + TICK_MS),
  fc.integer({ min: 1, max: 172_800_000 }),
);

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('take'), takes: fc.array(demands, { minLength: 1, maxLength: 6 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait'), pause }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('back'), byMs: backMs }) },
);

/** Part of the counter store's suite: the clock is set back, as by an operator or a failover to a slower Redis. */
export function clockGoingBackContract(underTest: () => CounterStoreUnderTest, histories: number): void {
  it('never grants more than a limit in any real stretch while the clock is set back', async () => {
    const { store, clock } = underTest();
    await fc.assert(
      fc.asyncProperty(
        startMs,
        subjectLimits,
        fc.array(step, { maxLength: 40, size: 'max' }),
        async (start, own, plan) => {
          clock.set(start);
          let lostMs = 0;
          const taken: Taken[] = [];
          const history = new LimiterHistory(store, clock, own, {
            gaveBack: () => undefined,
            took: (asked, { states }) => {
              asked.forEach(({ subject: { key, limits } }, position) => {
                const atMs = clock.nowMs() + lostMs;
                const units = states[position]?.granted ?? 0;
                taken.push({ key, atMs, units });
                for (const index of [0, 1, 2] as const) {
                  if (units === 0 || limits[index] === 0) continue;
                  const fromMs = atMs - WINDOWS[index].seconds * 1_000;
                  expect(unitsSince(taken, key, fromMs)).toBeLessThanOrEqual(limits[index]);
                }
              });
            },
          });
          for (const operation of plan) {
            if (operation.kind === 'back') {
              clock.advance(-operation.byMs);
              lostMs += operation.byMs;
            } else {
              await history.play(operation);
            }
          }
        },
      ),
      { seed: 20_260_105, numRuns: histories },
    );
  }, 60_000);

  it.each([
    ['a minute or less', HELD_MS, TEST_EPOCH_MS],
    ['more than a minute', HELD_MS + TICK_MS, TEST_EPOCH_MS - HELD_MS - TICK_MS],
  ])('after a step back of %s counts what it holds as of the right moment', async (_, byMs, countedAtMs) => {
    const { store, clock } = underTest();
    clock.set(TEST_EPOCH_MS);
    const subject: Subject = { layer: 'token', key: randomUUID(), group: 'contract', limits: [0, 2, 0] };
    await store.take([{ subject, need: 1, extra: 0 }]);
    clock.advance(-byMs);
    const { states } = await store.take([{ subject, need: 0, extra: 0 }]);
    expect(states).toMatchObject([{ remaining: 1, roomAtMs: leavesAtMs(countedAtMs, 1) }]);
  });

  it('has a whole window free again one window and one slot after a large step back', async () => {
    const { store, clock } = underTest();
    await fc.assert(
      fc.asyncProperty(
        startMs,
        subjectLimits,
        fc.array(demands, { minLength: 1 }),
        backMs,
        async (start, own, plan, byMs) => {
          clock.set(start);
          const history = new LimiterHistory(store, clock, own, { took: () => undefined, gaveBack: () => undefined });
          await history.take(plan.map((planned) => history.demandsOf(planned)));
          clock.advance(-(HELD_MS + TICK_MS + byMs));
          // Refused or not: the first to come after the step finds the counters in the future.
          await history.take(plan.map((planned) => history.demandsOf(planned)));
          const longest = Math.max(...own.map((windows) => windows.findLastIndex((limit) => limit > 0))) as 0 | 1 | 2;
          clock.advance(WINDOWS[longest].slotTicks * COUNTERS_PER_WINDOW * TICK_MS);
          const all = own.map((_, subject) => ({ subject, need: 0, extra: 0 }));
          const looked: readonly Demand[] = history.demandsOf(all);
          const { states } = await history.takeOne(looked);
          expect(states.map(({ remaining }) => remaining)).toStrictEqual(
            own.map((windows) => Math.min(...windows.filter((limit) => limit > 0))),
          );
        },
      ),
      { seed: 20_260_106, numRuns: histories },
    );
  }, 60_000);
}

function unitsSince(taken: readonly Taken[], key: string, fromMs: number): number {
  return taken.filter((entry) => entry.key === key && entry.atMs >= fromMs).reduce((sum, { units }) => sum + units, 0);
}

import { randomUUID } from 'node:crypto';
import { COUNTERS_PER_WINDOW, type Subject, TICK_MS, WINDOWS, type WindowIndex } from '@tollgate/limiter';
import * as fc from 'fast-check';
import { type FakeClock, TEST_EPOCH_MS } from '../fake-clock';
import { clockGoingBackContract } from './clock-going-back.contract';
import type { CounterStoreUnderTest } from './counter-store-under-test';
import { type HistoryObserver, LimiterHistory } from './limiter-history';
import { operations, startMs, subjectLimits } from './limiter-operations';
import { SlotOracle } from './slot-oracle';

export interface CounterStoreContractOptions {
  /** Histories that each property is tried on. */
  readonly histories: number;
}

const TIMEOUT_MS = 60_000;
/** What every driver of the counters must hold, tried on histories and compared with a log of every unit granted. */
export function counterStoreContract(
  name: string,
  setup: () => Promise<CounterStoreUnderTest>,
  { histories }: CounterStoreContractOptions,
): void {
  describe(`${name}: counter store`, () => {
    let underTest: CounterStoreUnderTest;
    beforeAll(async () => {
      underTest = await setup();
    });
    afterAll(async () => {
      await underTest.teardown();
    });

    it(
      'answers every take as the slots say, grants never more than a limit in any real stretch, and refuses without a trace',
      async () => {
        const { store, clock } = underTest;
        await fc.assert(
          fc.asyncProperty(startMs, subjectLimits, operations, async (start, own, plan) => {
            clock.set(start);
            const history = new LimiterHistory(store, clock, own, oracleObserver(clock));
            for (const operation of plan) await history.play(operation);
            await history.look();
          }),
          { seed: 20_260_104, numRuns: histories },
        );
      },
      TIMEOUT_MS,
    );

    it.each([0, 1, 2] as const)(
      'counts a unit until its slot has wholly left window %i, and not longer',
      async (index) => {
        const { store, clock } = underTest;
        const slotMs = WINDOWS[index].slotTicks * TICK_MS;
        for (const inSlotMs of [0, 1, slotMs - 1]) {
          const subject = only(index, `edge-${String(inSlotMs)}`);
          const slotStartMs = TEST_EPOCH_MS - (TEST_EPOCH_MS % 86_400_000);
          clock.set(slotStartMs + inSlotMs);
          await store.take([{ subject, need: 1, extra: 0 }]);

          clock.set(slotStartMs + slotMs * COUNTERS_PER_WINDOW - 1);
          const refused = await store.take([{ subject, need: 1, extra: 0 }]);
          expect(refused).toMatchObject({ refusedBy: 0, retryAtMs: slotStartMs + slotMs * COUNTERS_PER_WINDOW });
          clock.set(slotStartMs + slotMs * COUNTERS_PER_WINDOW);
          expect(await store.take([{ subject, need: 1, extra: 0 }])).toMatchObject({ refusedBy: -1 });
        }
      },
    );

    it('names the first demand that refuses, and the time at which all of them fit', async () => {
      const { store, clock } = underTest;
      clock.set(TEST_EPOCH_MS);
      const minute = only(0, 'first');
      const hour = only(1, 'second');
      const free = { ...only(2, 'third'), limits: [0, 0, 9] as const };
      await store.take([minute, hour].map((subject) => ({ subject, need: 1, extra: 0 })));

      const outcome = await store.take([free, minute, hour].map((subject) => ({ subject, need: 1, extra: 0 })));
      expect(outcome.refusedBy).toBe(1);
      expect(outcome.retryAtMs).toBe(TEST_EPOCH_MS + 13 * 300_000);
      expect(outcome.states.map(({ remaining }) => remaining)).toStrictEqual([9, 0, 0]);
    });

    it('answers a need that no limit has room for with the time at which nothing is counted', async () => {
      const { store, clock } = underTest;
      clock.set(TEST_EPOCH_MS);
      const subject = only(0, 'too-much');
      const outcome = await store.take([{ subject, need: 2, extra: 0 }]);
      expect(outcome).toMatchObject({ refusedBy: 0, retryAtMs: TEST_EPOCH_MS + 65_000 });
    });

    it('never counts below zero when more is given back than was granted', async () => {
      const { store, clock } = underTest;
      clock.set(TEST_EPOCH_MS);
      const subject = { ...only(0, 'generous'), limits: [5, 0, 0] as const };
      const { nowMs } = await store.take([{ subject, need: 2, extra: 0 }]);
      await store.giveBack([{ subject, units: 100, grantedAtMs: nowMs }]);
      expect(await store.take([{ subject, need: 0, extra: 0 }])).toMatchObject({ states: [{ remaining: 5 }] });
      expect(await store.take([{ subject, need: 6, extra: 0 }])).toMatchObject({ refusedBy: 0 });
    });

    it('gives nothing back to a slot that has left, or of a subject that nobody counted', async () => {
      const { store, clock } = underTest;
      clock.set(TEST_EPOCH_MS);
      const subject = { ...only(0, 'late'), limits: [5, 0, 0] as const };
      await store.giveBack([{ subject, units: 1, grantedAtMs: TEST_EPOCH_MS }]);
      await store.take([{ subject, need: 1, extra: 0 }]);
      clock.set(TEST_EPOCH_MS + 65_000);
      await store.take([{ subject, need: 4, extra: 0 }]);
      await store.giveBack([{ subject, units: 1, grantedAtMs: TEST_EPOCH_MS }]);
      expect(await store.take([{ subject, need: 0, extra: 0 }])).toMatchObject({ states: [{ remaining: 1 }] });
    });

    clockGoingBackContract(() => underTest, histories);
  });
}

/** A subject that nobody else has, with one request in one window. */
function only(index: WindowIndex, name: string): Subject {
  const own: [number, number, number] = [0, 0, 0];
  own[index] = 1;
  return { layer: 'token', key: `${name}-${randomUUID()}`, group: 'contract', limits: own };
}

/** Compares each outcome with the oracle's, and each grant with the limits that a real stretch must keep. */
function oracleObserver(clock: FakeClock): HistoryObserver {
  const oracle = new SlotOracle();
  return {
    took: (demands, outcome) => {
      expect(outcome).toStrictEqual(oracle.take(demands, clock.nowMs()));
      outcome.states.forEach(({ granted }, position) => {
        const subject = demands[position]?.subject;
        if (subject === undefined || granted === 0) return;
        for (const index of [0, 1, 2] as const) {
          const fromMs = outcome.nowMs - WINDOWS[index].seconds * 1_000;
          if (subject.limits[index] === 0) continue;
          expect(oracle.grantedWithin(subject, index, fromMs, outcome.nowMs)).toBeLessThanOrEqual(
            subject.limits[index],
          );
        }
      });
    },
    gaveBack: (unused) => {
      oracle.giveBack(unused);
    },
  };
}

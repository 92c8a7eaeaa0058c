import { FakeClock } from '@tollgate/testing';
import { TICK_MS } from '../limits';
import type { Demand, Subject, WindowLimits } from '../subject';
import { MemoryCounterStore } from './memory-counter-store';

const MAX_SUBJECTS = 4;

describe('MemoryCounterStore', () => {
  let clock: FakeClock;
  let evictions: number;
  let store: MemoryCounterStore;
  beforeEach(() => {
    clock = new FakeClock();
    evictions = 0;
    store = new MemoryCounterStore(clock, {
      maxSubjects: MAX_SUBJECTS,
      onEviction: () => {
        evictions += 1;
      },
    });
  });

  function take(...keys: string[]): readonly number[] {
    return store.takeNow(keys.map((key) => demandOf(key))).states.map(({ remaining }) => remaining);
  }

  function look(key: string, limits?: WindowLimits): number | undefined {
    return store.takeNow([{ ...demandOf(key, limits), need: 0 }]).states[0]?.remaining;
  }

  it('keeps to its number of subjects, and says when one had to go', () => {
    for (let index = 0; index < 10; index += 1) take(`token-${String(index)}`);
    expect(store.size).toBe(MAX_SUBJECTS);
    expect(evictions).toBe(6);
  });

  it('lets the subject go that was met first, and keeps one that every take counts for', () => {
    for (let index = 0; index < 10; index += 1) {
      clock.advance(2 * TICK_MS);
      take('app', `token-${String(index)}`);
    }
    expect(look('app')).toBe(90);
    expect(look('token-9')).toBe(99);
    expect(look('token-0')).toBe(100);
  });

  it('never lets a subject go for another of the same take', () => {
    take('app');
    for (const key of ['a', 'b', 'c']) take(key);
    clock.advance(2 * TICK_MS);
    expect(take('app', 'd')).toStrictEqual([98, 99]);
    expect(look('app')).toBe(98);
    expect(look('d')).toBe(99);
  });

  it('counts a subject from nothing after it went', () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      clock.advance(2 * TICK_MS);
      expect(take(key)).toStrictEqual([99]);
    }
    expect(take('a')).toStrictEqual([99]);
  });

  it('forgets in a sweep what has left the longest window with a limit, and nothing else', () => {
    store.takeNow([demandOf('minute', [100, 0, 0])]);
    const limits: WindowLimits = [0, 100, 0];
    store.takeNow([demandOf('hour', limits)]);
    clock.advance(13 * TICK_MS);
    store.sweep();
    expect(store.size).toBe(2);
    clock.advance(TICK_MS);
    store.sweep();
    expect(store.size).toBe(1);
    expect(look('hour', limits)).toBe(99);
    expect(evictions).toBe(0);
  });
});

function demandOf(key: string, limits: WindowLimits = [0, 0, 100]): Demand {
  const subject: Subject = { layer: 'token', key, group: 'group', limits };
  return { subject, need: 1, extra: 0 };
}

import type { Subject, SubjectState, WindowLimits } from '../subject';
import { DenialMemory } from './denial-memory';
import type { Answer } from './guarded-store';

const COUNTERS_MS = 1_000_000;

function subject(key: string, limits: WindowLimits = [5, 0, 0]): Subject {
  return { layer: 'token', key, group: 'g', limits };
}

function full(roomInMs: number): SubjectState {
  return { granted: 0, window: 0, limit: 5, remaining: 0, roomAtMs: COUNTERS_MS + roomInMs };
}

/** An answer that took 40 ms. */
function refusedAt(sentAtMs: number): Answer {
  const outcome = { nowMs: COUNTERS_MS, refusedBy: 0, retryAtMs: COUNTERS_MS, states: [] };
  return { outcome, sentAtMs, receivedAtMs: sentAtMs + 40 };
}

describe('DenialMemory', () => {
  it('ends no later than the room comes, however long the answer took', () => {
    const memory = new DenialMemory(Number.POSITIVE_INFINITY);
    memory.remember([subject('a')], [full(3_000)], refusedAt(500));
    expect(memory.find(subject('a'), 3_499)).toMatchObject({ retryAtMs: 3_540 });
    expect(memory.find(subject('a'), 3_500)).toBeUndefined();
  });

  it('holds no longer than it is told', () => {
    const memory = new DenialMemory(250);
    memory.remember([subject('a')], [full(3_000)], refusedAt(0));
    expect(memory.find(subject('a'), 249)).toMatchObject({ retryAtMs: 3_040 });
    expect(memory.find(subject('a'), 250)).toBeUndefined();
  });

  it('remembers only those that had nothing left', () => {
    const memory = new DenialMemory(Number.POSITIVE_INFINITY);
    const lastUnit = { ...full(3_000), granted: 1 };
    const states = [{ ...full(3_000), remaining: 1 }, lastUnit, full(3_000)];
    memory.remember([subject('a'), subject('b'), subject('c')], states, refusedAt(0));
    expect(['a', 'b', 'c'].map((key) => memory.find(subject(key), 1) !== undefined)).toEqual([false, false, true]);
  });

  it('does not hold under other limits', () => {
    const memory = new DenialMemory(Number.POSITIVE_INFINITY);
    memory.remember([subject('a')], [full(3_000)], refusedAt(0));
    expect(memory.find(subject('a', [6, 0, 0]), 1)).toBeUndefined();
  });

  it('forgets the one longest unused when it is full', () => {
    const memory = new DenialMemory(Number.POSITIVE_INFINITY, 2);
    for (const key of ['a', 'b']) memory.remember([subject(key)], [full(3_000)], refusedAt(0));
    memory.find(subject('a'), 1);
    memory.remember([subject('c')], [full(3_000)], refusedAt(0));
    expect(['a', 'b', 'c'].map((key) => memory.find(subject(key), 1) !== undefined)).toEqual([true, false, true]);
  });
});

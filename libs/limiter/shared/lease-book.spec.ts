import type { Subject, SubjectState, WindowLimits } from '../subject';
import type { Answer } from './guarded-store';
import { LeaseBook } from './lease-book';
import type { LeasedSubject } from './leased-subject';
import { LEASE_IDLE_MS, LEASE_MARGIN_MS, LEASE_PREFETCH_MS, SCARCE_MS } from './limits';

const TICK_MS = 5_000;
const STATE: SubjectState = { granted: 10, window: 0, limit: 100, remaining: 90, roomAtMs: 0 };
const sizes = { app: 0, account: 0, token: 10, address: 0 };

function subject(key: string, limits: WindowLimits = [100, 0, 0]): Subject {
  return { layer: 'token', key, group: 'g', limits };
}

/** @param counterMs the counters' clock; this process counts from 0 */
function answerAt(counterMs: number, sentAtMs = 0): Answer {
  return {
    outcome: { nowMs: counterMs, refusedBy: -1, retryAtMs: counterMs, states: [] },
    sentAtMs,
    receivedAtMs: sentAtMs + 10,
  };
}

function build(maxLeases = 10) {
  const book = new LeaseBook({ sizes, tickMs: TICK_MS, maxLeases });
  const found = (key: string): LeasedSubject => {
    const leased = book.find(subject(key), 0);
    if (leased === undefined) throw new Error('not leased');
    return leased;
  };
  return { book, found };
}

describe('LeaseBook', () => {
  it.each([
    ['minute', [9, 9, 9], TICK_MS],
    ['hour', [0, 9, 9], 60 * TICK_MS],
    ['day', [0, 0, 9], 1_440 * TICK_MS],
  ] as const)('ends a lease with its slot of the shortest limited window: %s', (_, limits, slotMs) => {
    const { book, found } = build();
    const leased = found('a');
    const counterMs = slotMs * 7 + slotMs / 2;
    book.enter(leased, subject('a', limits), STATE, 9, answerAt(counterMs, 100));
    const endMs = 100 + slotMs / 2;
    const driftMs = slotMs / 2 / 2_000;
    const lastMs = endMs - driftMs - LEASE_MARGIN_MS - 0.001;
    expect(book.usable(leased, subject('a', limits), lastMs)?.units).toBe(9);
    expect(book.usable(leased, subject('a', limits), lastMs + 0.002)).toBeUndefined();
  });

  it('gives a lease that is over on arrival back at once, and asks for no other before the next slot', () => {
    const { book, found } = build();
    const leased = found('a');
    // Sent 4 ms before the slot ends, received 6 ms after.
    book.enter(leased, subject('a'), STATE, 9, answerAt(TICK_MS * 7 - 4));
    expect(book.usable(leased, subject('a'), 10)).toBeUndefined();
    expect(book.drain()).toEqual([[{ subject: subject('a'), units: 9, grantedAtMs: TICK_MS * 7 - 4 }]]);
    expect(book.mayRefill(leased, 8, 58)).toBe(false);
    expect(book.mayRefill(leased, 9, 59)).toBe(true);
  });

  it('merges grants of one slot, and gives the older back when the slot is another', () => {
    const { book, found } = build();
    const leased = found('a');
    book.enter(leased, subject('a'), STATE, 4, answerAt(TICK_MS));
    book.enter(leased, subject('a'), STATE, 5, answerAt(TICK_MS + 1_000, 900));
    expect(book.usable(leased, subject('a'), 950)?.units).toBe(9);
    expect(book.drain()).toEqual([]);
    book.enter(leased, subject('a'), STATE, 3, answerAt(TICK_MS * 2, 5_000));
    expect(book.usable(leased, subject('a'), 5_001)?.units).toBe(3);
    expect(book.drain()).toEqual([[{ subject: subject('a'), units: 9, grantedAtMs: TICK_MS }]]);
  });

  it('gives a unit back to the counters when its lease has gone back meanwhile', () => {
    const { book, found } = build();
    const leased = found('a');
    book.enter(leased, subject('a'), STATE, 4, answerAt(TICK_MS));
    const lease = book.usable(leased, subject('a'), 1);
    if (lease === undefined) throw new Error('no lease');
    lease.units -= 1;
    book.clear();
    book.putBack(lease);
    expect(book.drain()).toEqual([
      [
        { subject: subject('a'), units: 3, grantedAtMs: TICK_MS },
        { subject: subject('a'), units: 1, grantedAtMs: TICK_MS },
      ],
    ]);
  });

  it('gives back what arrives after the lease was dropped', () => {
    const { book, found } = build();
    const leased = found('a');
    book.clear();
    book.enter(leased, subject('a'), STATE, 4, answerAt(TICK_MS));
    expect(book.drain()).toEqual([[{ subject: subject('a'), units: 4, grantedAtMs: TICK_MS }]]);
  });

  it('takes nothing in advance for more subjects than it may hold, until others are idle', () => {
    const { book, found } = build(2);
    found('a');
    found('b');
    expect(book.find(subject('c'), 0)).toBeUndefined();
    expect(book.find(subject('a'), 0)).toBeDefined();
    book.sweep(LEASE_IDLE_MS);
    expect(book.find(subject('c'), 0)).toBeUndefined();
    book.sweep(LEASE_IDLE_MS + 1);
    expect(book.find(subject('c'), 0)).toBeDefined();
  });

  it('asks for no lease where there was none to be had, for a while', () => {
    const { book, found } = build();
    const leased = found('a');
    book.enter(leased, subject('a'), STATE, 0, answerAt(TICK_MS));
    expect(book.mayRefill(leased, 9 + SCARCE_MS, 50)).toBe(false);
    expect(book.mayRefill(leased, 10 + SCARCE_MS, 50)).toBe(true);
  });

  it('fills up below a quarter, and not when the slot ends soon', () => {
    const { book, found } = build();
    const leased = found('a');
    book.enter(leased, subject('a'), STATE, 9, answerAt(TICK_MS));
    const lease = book.usable(leased, subject('a'), 1);
    if (lease === undefined) throw new Error('no lease');
    lease.units = 3;
    expect(book.isLow(leased, 1)).toBe(false);
    lease.units = 2;
    expect(book.isLow(leased, 1)).toBe(true);
    expect(book.isLow(leased, lease.untilMs - LEASE_PREFETCH_MS)).toBe(false);
  });
});

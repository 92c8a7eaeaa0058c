import { limitsWith } from './limits';
import { ReceiveWindow } from './receive-window';
import { WindowBudget } from './window-budget';
import { WindowGrowth } from './window-growth';

const KIB = 1_024;

/** A window of 256 KiB to `maxKib`, at a distance of 10 ms from its peer. */
function setUp(maxKib: number, budget = new WindowBudget(1_000_000_000)) {
  const clock = { nowMs: 0, asked: 0 };
  const growth = new WindowGrowth(
    limitsWith({ maxWindowBytes: maxKib * KIB }),
    budget,
    () => clock.nowMs,
    () => clock.asked++,
  );
  const window = new ReceiveWindow(growth);
  /** Half of what the window is now comes `afterMs` after the half before. */
  const useHalf = (afterMs: number): number => {
    clock.nowMs += afterMs;
    window.passed(window.sizeBytes / 2);
    return window.update();
  };
  return { clock, growth, window, budget, useHalf };
}

describe('ReceiveWindow', () => {
  it('is updated by what was read as soon as that is half of it', () => {
    const { window } = setUp(256);
    window.passed(128 * KIB - 1);
    expect(window.update()).toBe(0);
    window.passed(1);
    expect(window.update()).toBe(128 * KIB);
    expect(window.remainingBytes).toBe(256 * KIB);
  });

  it('counts what waits as not read, and what was put back as well', () => {
    const { window } = setUp(256);
    window.received(200 * KIB);
    expect(window.update()).toBe(0);
    window.consumed(200 * KIB);
    window.putBack(100 * KIB);
    expect(window.update()).toBe(0);
    window.consumed(100 * KIB);
    expect(window.update()).toBe(200 * KIB);
  });

  it('asks for the time of a round trip when it could grow, and not otherwise', () => {
    const fixed = setUp(256);
    fixed.useHalf(0);
    fixed.useHalf(1);
    expect(fixed.clock.asked).toBe(0);
    const growing = setUp(512);
    growing.useHalf(0);
    expect(growing.useHalf(1)).toBe(128 * KIB);
    expect(growing.clock.asked).toBe(1);
  });

  it('doubles, up to its bound, when half of it is used within two round trips', () => {
    const { growth, window, budget, useHalf } = setUp(900);
    growth.measured(10);
    expect(useHalf(0)).toBe(128 * KIB);
    expect(useHalf(21)).toBe(128 * KIB);
    expect(useHalf(20)).toBe((128 + 256) * KIB);
    expect(useHalf(1)).toBe((256 + 388) * KIB);
    expect([window.sizeBytes, window.remainingBytes, budget.usedBytes]).toEqual([900 * KIB, 900 * KIB, 644 * KIB]);
    expect(useHalf(1)).toBe(450 * KIB);
  });

  it('does not grow when it was we who were slow', () => {
    const { growth, window, useHalf } = setUp(512);
    growth.measured(10);
    useHalf(0);
    window.received(128 * KIB);
    window.consumed(128 * KIB);
    expect(window.update()).toBe(128 * KIB);
    expect(useHalf(1)).toBe((128 + 256) * KIB);
  });

  it('does not grow beyond the budget, to the byte', () => {
    for (const [total, grown] of [
      [256 * KIB - 1, 0],
      [256 * KIB, 256 * KIB],
    ] as const) {
      const { growth, budget, useHalf } = setUp(512, new WindowBudget(total));
      growth.measured(10);
      useHalf(0);
      expect(useHalf(1)).toBe(128 * KIB + grown);
      expect(budget.usedBytes).toBe(grown);
    }
  });

  it('gives the budget back when it was idle, as far as the peer was not promised it', () => {
    const { growth, window, budget, useHalf } = setUp(512);
    growth.measured(10);
    useHalf(0);
    useHalf(1);
    window.passed(200 * KIB);
    window.relax(1_000, 30_000);
    window.relax(30_999, 30_000);
    expect([window.sizeBytes, budget.usedBytes]).toEqual([512 * KIB, 256 * KIB]);
    window.relax(31_000, 30_000);
    expect([window.sizeBytes, budget.usedBytes]).toEqual([256 * KIB, 56 * KIB]);
    window.passed(184 * KIB);
    expect(window.update()).toBe(128 * KIB);
    expect([window.remainingBytes, budget.usedBytes]).toEqual([256 * KIB, 0]);
  });

  it('gives everything back at its end, once', () => {
    const { growth, window, budget, useHalf } = setUp(512);
    growth.measured(10);
    useHalf(0);
    useHalf(1);
    window.close();
    window.close();
    expect(budget.usedBytes).toBe(0);
  });
});

import { nextDelayMs } from './callback-schedule';

const HOUR_MS = 3_600_000;

describe('the waits between the tries of a callback', () => {
  it('come to ten tries in about a day', () => {
    const waits: number[] = [];
    for (let failures = 1; ; failures += 1) {
      const wait = nextDelayMs(failures, 0.5);
      if (wait === undefined) break;
      waits.push(wait);
    }
    expect(waits).toHaveLength(9);
    expect(waits[0]).toBe(30_000);
    const total = waits.reduce((sum, wait) => sum + wait, 0);
    expect(total).toBeGreaterThan(20 * HOUR_MS);
    expect(total).toBeLessThan(26 * HOUR_MS);
  });

  it('differ by a fifth either way', () => {
    expect(nextDelayMs(1, 0)).toBe(24_000);
    expect(nextDelayMs(1, 1)).toBe(36_000);
  });
});

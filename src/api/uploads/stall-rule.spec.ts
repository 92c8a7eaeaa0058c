import { StallRule } from './stall-rule';

/** Least over a window: 8,000 bytes. */
const newRule = (): StallRule => new StallRule({ windowMs: 8_000, minRate: 1_000 });

describe('the stall rule', () => {
  it('looks eight times in a window', () => {
    expect(newRule().tickMs).toBe(1_000);
  });

  it('lets an upload go on that brings exactly the least', () => {
    const rule = newRule();
    for (let tick = 1; tick <= 100; tick += 1) expect(rule.tick(tick * 1_000, true)).toBe(false);
  });

  it('cuts one that brings a byte less than that, after one window and not before', () => {
    const rule = newRule();
    for (let tick = 1; tick <= 7; tick += 1) expect(rule.tick(tick, true)).toBe(false);
    expect(rule.tick(7_999, true)).toBe(true);
  });

  it('cuts one that stops, at the latest a window later', () => {
    const rule = newRule();
    for (let tick = 1; tick <= 20; tick += 1) rule.tick(tick * 1_000_000, true);
    const verdicts = Array.from({ length: 8 }, () => rule.tick(20_000_000, true));
    expect(verdicts).toEqual([false, false, false, false, false, false, false, true]);
  });

  it('blames nobody for the time in which the storage is busy', () => {
    const rule = newRule();
    rule.tick(1_000_000, true);
    for (let tick = 0; tick < 100; tick += 1) expect(rule.tick(1_000_000, false)).toBe(false);
  });
});

import { dayBuckets, hourBuckets } from './usage-buckets';

const FIRST = 20_457 * 24;
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };
const day = (date: string, counts: object, hours?: Record<string, object>) => ({
  day: new Date(`${date}T00:00:00Z`),
  counts,
  ...(hours === undefined ? {} : { hours }),
});

describe('hourBuckets', () => {
  it('lists the hours of all days by time and not by text', () => {
    const days = [
      day('2026-01-05', {}, { 0: { scope: 1 } }),
      day('2026-01-04', {}, { 10: { valid: 2 }, 9: { valid: 1 } }),
      day('2026-01-03', { valid: 1 }),
    ];
    expect(hourBuckets(days, ALL)).toStrictEqual([
      { startHour: FIRST + 9, counts: { valid: 1 } },
      { startHour: FIRST + 10, counts: { valid: 2 } },
      { startHour: FIRST + 24, counts: { scope: 1 } },
    ]);
    expect(hourBuckets(days, { from: FIRST + 10, to: FIRST + 24 })).toHaveLength(1);
  });
});

describe('dayBuckets', () => {
  it('adds the days that a token brought along to those counted here', () => {
    const days = [day('2026-01-04', { valid: 3, scope: 1 }), day('2026-01-05', { limited: 1 })];
    const granted = { '2026-01-05': 5, '2026-01-04': 10, '2026-01-02': 1, '2026-01-01': 0 };
    expect(dayBuckets(days, granted, ALL)).toStrictEqual([
      { startHour: FIRST - 48, counts: { valid: 1 } },
      { startHour: FIRST, counts: { valid: 13, scope: 1 } },
      { startHour: FIRST + 24, counts: { limited: 1, valid: 5 } },
    ]);
    expect(dayBuckets(days, granted, { from: FIRST, to: FIRST + 24 })).toHaveLength(1);
  });
});

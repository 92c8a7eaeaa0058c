import { RequestDates } from './request-dates';

const standstill = { nowMs: () => Date.UTC(2026, 0, 4, 10), wait: async () => undefined };

describe('RequestDates', () => {
  it('never repeats a date, though the clock stands still', () => {
    const dates = new RequestDates(standstill);

    const seen = new Set(Array.from({ length: 50_000 }, () => dates.next()));

    expect(seen.size).toBe(50_000);
  });

  it('writes RFC 3339 in UTC with nine fractional digits, of which the first three are the milliseconds', () => {
    expect(new RequestDates(standstill).next()).toMatch(/^2026-01-04T10:00:00\.000\d{6}Z$/);
  });
});

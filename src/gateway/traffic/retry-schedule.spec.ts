import { TRAFFIC_LIMITS } from './limits';
import { retryAfterMs, retryDelayMs } from './retry-schedule';

describe('retryDelayMs', () => {
  it('doubles with each failure up to a minute, between half and all of it', () => {
    expect([1, 2, 3, 7, 8, 9, 1_000].map((failures) => retryDelayMs(failures, 1, 60_000))).toStrictEqual([
      500, 1_000, 2_000, 32_000, 60_000, 60_000, 60_000,
    ]);
    expect([1, 2, 1_000].map((failures) => retryDelayMs(failures, 0, 60_000))).toStrictEqual([250, 500, 30_000]);
  });
});

describe('retryAfterMs', () => {
  const nowMs = Date.parse('2026-01-04T10:00:00Z');

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['0', 0],
    [' 120 ', 120_000],
    ['Sun, 04 Jan 2026 10:00:30 GMT', 30_000],
    ['Sun, 04 Jan 2026 09:00:00 GMT', 0],
    ['99999999', TRAFFIC_LIMITS.longestRetryAfterMs],
  ])('%j is %j ms', (header, expected) => {
    expect(retryAfterMs(header, nowMs)).toBe(expected);
  });
});

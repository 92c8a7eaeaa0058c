import { LoginMetrics } from './login-metrics';

describe('LoginMetrics', () => {
  it('counts logins by result, and their time in seconds', () => {
    const logins = new LoginMetrics();
    logins.record('ok', 1_500);
    logins.record('ok', 500);
    logins.record('unknown', 0);
    expect([...logins.results]).toEqual([
      ['ok', 2],
      ['unknown', 1],
    ]);
    expect(logins.durations.sumSeconds).toBe(2);
    expect(logins.durations.counts.reduce((sum, count) => sum + count)).toBe(3);
  });
});

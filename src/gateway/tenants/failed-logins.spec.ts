import { FailedLogins } from './failed-logins';

describe('FailedLogins', () => {
  let nowMs: number;
  let failures: FailedLogins;
  beforeEach(() => {
    nowMs = 0;
    failures = new FailedLogins({ perAddress: 3, inTotal: 5 }, () => nowMs);
  });

  const fail = (address: string, times: number): void => {
    for (let i = 0; i < times; i += 1) {
      expect(failures.beginTry(address)).toBe('go');
      failures.endTry(address, true);
    }
  };

  it('blocks an address at its limit, and no other', () => {
    fail('192.0.2.1', 2);
    expect(failures.isBlocked('192.0.2.1')).toBe(false);
    fail('192.0.2.1', 1);
    expect(failures.isBlocked('192.0.2.1')).toBe(true);
    expect(failures.beginTry('192.0.2.1')).toBe('blocked');
    expect(failures.isBlocked('192.0.2.2')).toBe(false);
  });

  it('blocks all at the limit of all together', () => {
    fail('192.0.2.1', 2);
    fail('192.0.2.2', 2);
    expect(failures.isBlocked('192.0.2.3')).toBe(false);
    fail('192.0.2.4', 1);
    expect(failures.isBlocked('192.0.2.3')).toBe(true);
    expect(failures.beginTry('192.0.2.3')).toBe('blocked');
  });

  it('does not count those that succeed', () => {
    for (let i = 0; i < 20; i += 1) {
      expect(failures.beginTry('192.0.2.1')).toBe('go');
      failures.endTry('192.0.2.1', false);
    }
    expect(failures.isBlocked('192.0.2.1')).toBe(false);
  });

  it('has the next one of an address wait while as many are tried as may fail', () => {
    fail('192.0.2.1', 1);
    expect([1, 2, 3].map(() => failures.beginTry('192.0.2.1'))).toEqual(['go', 'go', 'wait']);
    expect(failures.beginTry('192.0.2.2')).toBe('go');
    failures.endTry('192.0.2.1', false);
    expect(failures.beginTry('192.0.2.1')).toBe('go');
    failures.endTry('192.0.2.1', true);
    failures.endTry('192.0.2.1', true);
    expect(failures.beginTry('192.0.2.1')).toBe('blocked');
  });

  it('has the next one of any address wait while as many are tried as may fail in total', () => {
    for (let i = 0; i < 5; i += 1) expect(failures.beginTry(`192.0.2.${String(i)}`)).toBe('go');
    expect(failures.beginTry('192.0.2.9')).toBe('wait');
    failures.endTry('192.0.2.0', false);
    expect(failures.beginTry('192.0.2.9')).toBe('go');
  });

  it.each([
    [59_999, true],
    [60_000, false],
  ])('after %d ms still blocks: %s', (laterMs, expected) => {
    fail('192.0.2.1', 3);
    nowMs = laterMs;
    expect(failures.isBlocked('192.0.2.1')).toBe(expected);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:0db8:0001:0002::7', true],
    ['2001:db8::1', '2001:db8:0:0:1:2:3:4', true],
    ['::1', '::2', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ])('counts %s and %s together: %s', (first, second, expected) => {
    fail(first, 3);
    expect(failures.isBlocked(second)).toBe(expected);
  });
});

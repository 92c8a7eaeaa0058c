import { CidrList } from '@tollgate/config';
import { MemoryCounterStore, MemoryRateLimiter } from '@tollgate/limiter';
import { FakeClock } from '@tollgate/testing';
import { AddressLimits, AddressThrottle } from './address-throttle.service';

describe('AddressThrottle', () => {
  const clock = new FakeClock();
  let limiter: MemoryRateLimiter;
  let throttle: AddressThrottle;

  beforeEach(() => {
    limiter = new MemoryRateLimiter(new MemoryCounterStore(clock));
    const perMinute = { register: 1, public: 1, 'upload-token': 1, 'operator-failure': 2, 'unknown-token': 3 };
    throttle = new AddressThrottle(new AddressLimits(perMinute, new CidrList(['10.0.0.0/8'])), limiter, clock);
  });
  afterEach(async () => limiter.close());

  const times = async (n: number, ip: string): Promise<number[]> =>
    Promise.all(Array.from({ length: n }, async () => throttle.count('unknown-token', ip)));

  it('lets an address show as many as its limit, and blocks it at the next', async () => {
    expect(await times(3, '192.0.2.1')).toEqual([0, 0, 0]);
    expect(throttle.blockedSeconds('unknown-token', '192.0.2.1')).toBe(0);
    const seconds = await throttle.count('unknown-token', '192.0.2.1');
    expect(seconds).toBeGreaterThan(55);
    expect(throttle.blockedSeconds('unknown-token', '192.0.2.1')).toBe(seconds);
  });

  it('ends a block by itself', async () => {
    await times(4, '192.0.2.1');
    clock.advance(throttle.blockedSeconds('unknown-token', '192.0.2.1') * 1_000);
    expect(throttle.blockedSeconds('unknown-token', '192.0.2.1')).toBe(0);
    expect(await throttle.count('unknown-token', '192.0.2.1')).toBe(0);
  });

  it('keeps addresses and rules apart', async () => {
    await times(4, '192.0.2.1');
    expect(throttle.blockedSeconds('unknown-token', '192.0.2.2')).toBe(0);
    expect(throttle.blockedSeconds('operator-failure', '192.0.2.1')).toBe(0);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
    ['2001:0DB8:0:5:1:2:3:4', '2001:db8:0:5::'],
    ['2001:db8::1', '2001:db8:0:0:8000::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::'],
    ['fe80::1%eth0', 'fe80::2'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
  ])('takes %s and %s for one address', async (ip, other) => {
    await times(4, ip);
    expect(throttle.blockedSeconds('unknown-token', other)).toBeGreaterThan(0);
  });

  it.each([
    ['192.0.2.1', '192.0.2.2'],
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['2001:db8::1', '2001:db8:0:1::1'],
    ['::1', '127.0.0.1'],
    ['::1', ''],
  ])('takes %s and "%s" for two addresses', async (ip, other) => {
    await times(4, ip);
    expect(throttle.blockedSeconds('unknown-token', other)).toBe(0);
  });

  it('leaves exempt networks alone', async () => {
    expect((await times(100, '10.1.2.3')).every((seconds) => seconds === 0)).toBe(true);
  });
});

import { type BucketScheduler, type BucketWaiter, TokenBucket } from './token-bucket';

/** Time that passes when a test says so, in steps of a millisecond. */
class TestScheduler implements BucketScheduler {
  private now = 0;
  readonly tasks: { readonly at: number; readonly task: () => void }[] = [];

  nowMs(): number {
    return this.now;
  }

  schedule(delayMs: number, task: () => void): void {
    this.tasks.push({ at: this.now + delayMs, task });
  }

  advance(ms: number): void {
    const end = this.now + ms;
    while (this.now < end) {
      this.now++;
      const due = this.tasks.filter(({ at }) => at <= this.now);
      for (const each of due) {
        this.tasks.splice(this.tasks.indexOf(each), 1);
        each.task();
      }
    }
  }
}

/** A connection with always `chunkBytes` at hand. */
class Greedy implements BucketWaiter {
  taken = 0;

  constructor(
    private readonly bucket: TokenBucket,
    readonly expectedBytes: number,
    private readonly order: Greedy[] = [],
  ) {}

  tokensAvailable(): void {
    this.order.push(this);
    for (;;) {
      this.taken += this.expectedBytes;
      if (this.bucket.take(this.expectedBytes)) continue;
      this.bucket.wait(this);
      return;
    }
  }

  fail(error: Error): void {
    throw error;
  }
}

const RATE = 10 * 1024 * 1024;

describe('a token bucket', () => {
  it.each([
    [1, 100],
    [1, 16 * 1024],
    [1, 256 * 1024],
    [7, 64 * 1024],
    [200, 9000],
  ])('holds %d connections with chunks of %d bytes to the rate together', (count, chunkBytes) => {
    const scheduler = new TestScheduler();
    const bucket = new TokenBucket(RATE, scheduler);
    const all = Array.from({ length: count }, () => new Greedy(bucket, chunkBytes));
    const total = (): number => all.reduce((sum, { taken }) => sum + taken, 0);
    for (const each of all) each.tokensAvailable();
    scheduler.advance(2000);
    const before = total();
    scheduler.advance(10_000);
    expect((total() - before) / 10 / RATE).toBeGreaterThan(0.98);
    expect((total() - before) / 10 / RATE).toBeLessThan(1.02);
  });

  it('lets a second pass at once after it was idle, however long, and no more', () => {
    const scheduler = new TestScheduler();
    const bucket = new TokenBucket(1000, scheduler);
    scheduler.advance(60_000);
    expect(bucket.take(999)).toBe(true);
    expect(bucket.take(1)).toBe(false);
    scheduler.advance(500);
    expect(bucket.take(499)).toBe(true);
    expect(bucket.take(1)).toBe(false);
  });

  it('has a debt paid before anyone goes on', () => {
    const scheduler = new TestScheduler();
    const bucket = new TokenBucket(1000, scheduler);
    const waiter = { expectedBytes: 1, tokensAvailable: jest.fn(), fail: jest.fn() };
    bucket.take(3000);
    bucket.wait(waiter);
    scheduler.advance(1999);
    expect(waiter.tokensAvailable).not.toHaveBeenCalled();
    scheduler.advance(20);
    expect(waiter.tokensAvailable).toHaveBeenCalledTimes(1);
  });

  it('lets the connections go in turn, and one as often as another', () => {
    const scheduler = new TestScheduler();
    const bucket = new TokenBucket(1000, scheduler);
    const order: Greedy[] = [];
    const all = Array.from({ length: 5 }, () => new Greedy(bucket, 100, order));
    bucket.take(1000);
    for (const each of all) bucket.wait(each);
    scheduler.advance(10_000);
    expect(order.slice(0, 5)).toEqual(all);
    const shares = all.map(({ taken }) => taken);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(300);
  });

  it('does not let all go at once who will take later', () => {
    const scheduler = new TestScheduler();
    const bucket = new TokenBucket(100_000, scheduler);
    let gone = 0;
    bucket.take(100_000);
    for (let index = 0; index < 100; index++) {
      bucket.wait({
        expectedBytes: 1000,
        tokensAvailable: () => {
          gone++;
        },
        fail: () => undefined,
      });
    }
    scheduler.advance(20);
    expect(gone).toBeGreaterThan(0);
    expect(gone).toBeLessThanOrEqual(3);
  });

  it('has one timer, and none while nobody waits', () => {
    const scheduler = new TestScheduler();
    const bucket = new TokenBucket(1000, scheduler);
    bucket.take(5000);
    expect(scheduler.tasks).toHaveLength(0);
    const waiters = Array.from({ length: 50 }, () => ({
      expectedBytes: 1,
      tokensAvailable: jest.fn(),
      fail: jest.fn(),
    }));
    for (const each of waiters) bucket.wait(each);
    expect(scheduler.tasks).toHaveLength(1);
    for (const each of waiters) bucket.leave(each);
    scheduler.advance(10_000);
    expect(scheduler.tasks).toHaveLength(0);
    for (const each of waiters) expect(each.tokensAvailable).not.toHaveBeenCalled();
  });

  it('ends a waiter that throws, says so, and lets the others go on', () => {
    const faults: unknown[] = [];
    const scheduler = Object.assign(new TestScheduler(), {
      reportFault: (_where: string, error: unknown) => {
        faults.push(error);
      },
    });
    const bucket = new TokenBucket(1000, scheduler);
    const fault = new TypeError('broken');
    const broken = {
      expectedBytes: 1,
      tokensAvailable: () => {
        throw fault;
      },
      fail: jest.fn(),
    };
    const sound = { expectedBytes: 1, tokensAvailable: jest.fn(), fail: jest.fn() };
    bucket.take(1001);
    bucket.wait(broken);
    bucket.wait(sound);
    scheduler.advance(100);
    expect(broken.fail).toHaveBeenCalledWith(fault);
    expect(sound.tokensAvailable).toHaveBeenCalledTimes(1);
    expect([sound.fail.mock.calls, faults]).toEqual([[], [fault]]);
  });

  it('makes no debt of what is dropped', () => {
    const scheduler = new TestScheduler();
    const bucket = new TokenBucket(1000, scheduler);
    expect([bucket.tryTake(999), bucket.tryTake(501)]).toEqual([true, true]);
    for (let count = 0; count < 1_000; count++) expect(bucket.tryTake(1_000)).toBe(false);
    scheduler.advance(500);
    expect(bucket.tryTake(1)).toBe(false);
    scheduler.advance(1);
    expect(bucket.tryTake(1)).toBe(true);
  });

  it('refuses a rate that is none', () => {
    expect(() => new TokenBucket(0, new TestScheduler())).toThrow(RangeError);
    expect(() => new TokenBucket(Number.NaN, new TestScheduler())).toThrow(RangeError);
  });
});

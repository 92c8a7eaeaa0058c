import { FakeClock } from '@tollgate/testing';
import { BatchMetrics } from './batch-metrics';

describe('BatchMetrics', () => {
  const count = ({ counts }: { readonly counts: Float64Array }): number => counts.reduce((sum, one) => sum + one, 0);

  it('counts only what was written, and tells attempts by their outcome', () => {
    const batches = new BatchMetrics(new FakeClock());
    batches.attempted(5_000, 20, true);
    batches.attempted(7, 10, false);
    batches.attempted(7, 30, true);
    expect(batches.writtenEntries).toBe(5_007);
    expect([count(batches.written), count(batches.failed)]).toEqual([2, 1]);
    expect(batches.written.sumSeconds).toBeCloseTo(0.05);
  });

  it('tells how long nothing could be written, from the start of the first attempt that failed', () => {
    const clock = new FakeClock();
    const batches = new BatchMetrics(clock);
    expect(batches.failingSeconds).toBe(0);
    batches.attempted(1, 2_000, false);
    expect(batches.failingSeconds).toBe(2);
    clock.advance(3_000);
    batches.attempted(1, 1_000, false);
    expect(batches.failingSeconds).toBe(5);
    batches.attempted(1, 10, true);
    expect(batches.failingSeconds).toBe(0);
  });

  it('never tells a negative time when the clock is set back', () => {
    const clock = new FakeClock();
    const batches = new BatchMetrics(clock);
    batches.attempted(1, 0, false);
    clock.advance(-60_000);
    expect(batches.failingSeconds).toBe(0);
  });
});

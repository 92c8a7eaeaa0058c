import { WorkSlices } from './work-slices';

describe('WorkSlices', () => {
  let nowMs: number;
  let slices: WorkSlices;
  beforeEach(() => {
    nowMs = 0;
    slices = new WorkSlices(() => nowMs);
  });

  it('ends a slice after a millisecond', () => {
    nowMs = 0.9;
    expect(slices.isOver()).toBe(false);
    nowMs = 1;
    expect(slices.isOver()).toBe(true);
  });

  it('ends a slice after 200 steps, however fast they were', () => {
    for (let step = 0; step < 200; step += 1) expect(slices.isOver()).toBe(false);
    expect(slices.isOver()).toBe(true);
  });

  it('has others do their work before it begins the next slice', async () => {
    let turns = 0;
    setImmediate(() => {
      turns += 1;
    });
    nowMs = 5;
    await slices.rest();
    expect(turns).toBe(1);
    expect(slices.isOver()).toBe(false);
  });
});

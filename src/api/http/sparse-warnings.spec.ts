import type { Log } from '@tollgate/observability';
import { FakeClock } from '@tollgate/testing';
import { SPARSE_WINDOW_MS, SparseWarnings } from './sparse-warnings';

describe('sparse warnings', () => {
  const warn = jest.fn();
  let clock: FakeClock;
  let warnings: SparseWarnings;
  beforeEach(() => {
    warn.mockReset();
    clock = new FakeClock();
    warnings = new SparseWarnings({ warn } as Partial<Log> as Log, clock);
  });

  it('write a text at once, and again after a minute, with how many were left out', () => {
    for (let count = 0; count < 5; count += 1) warnings.warn('full', { reqId: count });
    clock.advance(SPARSE_WINDOW_MS - 1);
    warnings.warn('full', { reqId: 5 });
    expect(warn.mock.calls).toEqual([[{ reqId: 0 }, 'full']]);
    clock.advance(1);
    warnings.warn('full', { reqId: 6 });
    expect(warn.mock.calls.slice(1)).toEqual([[{ reqId: 6, leftOut: 5 }, 'full']]);
    clock.advance(SPARSE_WINDOW_MS);
    warnings.warn('full', { reqId: 7 });
    expect(warn).toHaveBeenLastCalledWith({ reqId: 7 }, 'full');
  });

  it('keep texts apart, and remember a hundred', () => {
    for (let text = 0; text <= 100; text += 1) warnings.warn(String(text), {});
    expect(warn).toHaveBeenCalledTimes(101);
    warnings.warn('1', {});
    warnings.warn('100', {});
    expect(warn).toHaveBeenCalledTimes(101);
    warnings.warn('0', {});
    expect(warn).toHaveBeenCalledTimes(102);
  });
});

import { findMisorderedWindows } from './window-order';

describe('findMisorderedWindows', () => {
  const find = (...limits: (number | null | undefined)[]): unknown =>
    findMisorderedWindows(['minute', 'hour', 'day'], (name) => limits[['minute', 'hour', 'day'].indexOf(name)]);

  it('takes equal limits, and windows without one', () => {
    expect(find(5, 5, 5)).toEqual([]);
    expect(find(5, 0, 6)).toEqual([]);
    expect(find(undefined, null, 1)).toEqual([]);
  });

  it('names each window that allows less than the next shorter one that has a limit', () => {
    expect(find(5, 4, 3)).toEqual([
      { name: 'hour', shorter: 'minute' },
      { name: 'day', shorter: 'hour' },
    ]);
    expect(find(5, 0, 4)).toEqual([{ name: 'day', shorter: 'minute' }]);
  });
});

import fc from 'fast-check';
import { isoText } from './recent-time';

describe('isoText', () => {
  it('writes what toISOString writes, whatever was written before', () => {
    const nearby = fc.integer({ min: 1_790_000_000_000, max: 1_790_000_005_000 });
    const any = fc.integer({ min: 0, max: 253_402_300_799_999 });
    fc.assert(
      fc.property(fc.array(fc.oneof(nearby, any), { minLength: 1, maxLength: 20 }), (times) => {
        for (const time of times) expect(isoText(time)).toBe(new Date(time).toISOString());
      }),
    );
  });
});

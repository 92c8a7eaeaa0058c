import * as fc from 'fast-check';
import { RemoteStreamIds } from './remote-stream-ids';

describe('RemoteStreamIds', () => {
  it('lets each id be used once, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 100 }), (numbers) => {
        const ids = new RemoteStreamIds();
        const used = new Set<number>();
        for (const number of numbers) {
          const id = 2 * number + 1;
          expect(ids.use(id)).toBe(!used.has(id));
          used.add(id);
        }
      }),
    );
  });

  it('remembers the latest 256 gaps', () => {
    const ids = new RemoteStreamIds();
    for (let gap = 0; gap < 257; gap++) expect(ids.use(4 * gap + 3)).toBe(true);
    expect(ids.use(1)).toBe(false);
    expect(ids.use(5)).toBe(true);
    expect(ids.use(4 * 256 + 1)).toBe(true);
  });

  it('knows the ids up to the last one', () => {
    const ids = new RemoteStreamIds();
    expect([ids.use(0xffffffff), ids.use(0xffffffff), ids.use(0x80000001), ids.use(1)]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

import fc from 'fast-check';
import {
  ALL_PORTS,
  containsPort,
  countPorts,
  intersectPorts,
  MAX_PORT,
  pickPort,
  type PortRange,
  toPortRanges,
} from './port-ranges';

const SMALL = 40;
const port = fc.integer({ min: 1, max: SMALL });
const range: fc.Arbitrary<PortRange> = fc
  .tuple(port, port)
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));
const ranges = fc.array(range, { maxLength: 6 });

/** The naive form of a set of ports. */
function members(of: readonly PortRange[]): number[] {
  return Array.from({ length: SMALL + 1 }, (_unused, index) => index).filter((p) =>
    of.some(({ start, end }) => p >= start && p <= end),
  );
}

describe('port ranges', () => {
  it('hold exactly the ports of their parts, in rising order without overlap', () => {
    fc.assert(
      fc.property(ranges, (parts) => {
        const set = toPortRanges(parts);
        expect(members(set)).toEqual(members(parts));
        expect(members(parts).every((p) => containsPort(set, p))).toBe(true);
        expect(countPorts(set)).toBe(members(parts).length);
        for (const [index, { end }] of set.entries()) {
          expect(set[index + 1]?.start ?? Number.POSITIVE_INFINITY).toBeGreaterThan(end + 1);
        }
      }),
    );
  });

  it('intersect to what is in both', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const both = members(a).filter((p) => members(b).includes(p));
        expect(members(intersectPorts(toPortRanges(a), toPortRanges(b)))).toEqual(both);
      }),
    );
  });

  it('give a free port whenever there is one, wherever they begin to look', () => {
    fc.assert(
      fc.property(ranges, fc.uniqueArray(port), fc.nat(), (parts, taken, seed) => {
        const free = members(parts).filter((p) => !taken.includes(p));
        const picked = pickPort(
          toPortRanges(parts),
          (p) => !taken.includes(p),
          (limit) => seed % limit,
        );
        if (free.length === 0) expect(picked).toBeUndefined();
        else expect(free).toContain(picked);
      }),
    );
  });

  it('give every port to some random number', () => {
    const set = toPortRanges([
      { start: 5, end: 6 },
      { start: 9, end: 9 },
    ]);
    expect(
      [0, 1, 2].map((random) =>
        pickPort(
          set,
          () => true,
          () => random,
        ),
      ),
    ).toEqual([5, 6, 9]);
  });

  it('contain both ends and nothing beyond', () => {
    expect([0, 1, MAX_PORT, MAX_PORT + 1].map((p) => containsPort(ALL_PORTS, p))).toEqual([false, true, true, false]);
  });
});

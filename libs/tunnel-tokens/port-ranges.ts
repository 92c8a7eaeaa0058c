/** Ports from `start` to `end`, both included. */
export interface PortRange {
  readonly start: number;
  readonly end: number;
}

/** A set of ports: ranges in rising order that neither overlap nor touch. Made by {@link toPortRanges}. */
export type PortRanges = readonly PortRange[];

/** The largest port. */
export const MAX_PORT = 65_535;

/** Every port there is. */
export const ALL_PORTS: PortRanges = [{ start: 1, end: MAX_PORT }];

/** The set of all ports that are in any of the ranges, whatever their order. */
export function toPortRanges(ranges: Iterable<PortRange>): PortRanges {
  const merged: PortRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || range.start > last.end + 1) merged.push({ start: range.start, end: range.end });
    else if (range.end > last.end) merged[merged.length - 1] = { start: last.start, end: range.end };
  }
  return merged;
}

export function containsPort(ranges: PortRanges, port: number): boolean {
  return ranges.some(({ start, end }) => port >= start && port <= end);
}

/** How many ports the set holds. */
export function countPorts(ranges: PortRanges): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0);
}

/** The ports in both sets: what is allowed under a ceiling. */
export function intersectPorts(ranges: PortRanges, ceiling: PortRanges): PortRanges {
  const common: PortRange[] = [];
  for (const a of ranges) {
    for (const b of ceiling) {
      const start = Math.max(a.start, b.start);
      const end = Math.min(a.end, b.end);
      if (start <= end) common.push({ start, end });
    }
  }
  return toPortRanges(common);
}

/**
 * A port of the set that is free, looking at each at most once from a random one on.
 * @param isFree asked for one port after the other
 * @param randomBelow a random integer from 0 up to its argument, without it, such as `randomInt` of `node:crypto`
 * @returns `undefined` when none is free
 */
export function pickPort(
  ranges: PortRanges,
  isFree: (port: number) => boolean,
  randomBelow: (limit: number) => number,
): number | undefined {
  const count = countPorts(ranges);
  if (count === 0) return undefined;
  const first = randomBelow(count);
  for (let step = 0; step < count; step += 1) {
    const port = portAt(ranges, (first + step) % count);
    if (isFree(port)) return port;
  }
  return undefined;
}

/** The port with so many smaller ones in the set. */
function portAt(ranges: PortRanges, index: number): number {
  let rest = index;
  for (const { start, end } of ranges) {
    if (rest <= end - start) return start + rest;
    rest -= end - start + 1;
  }
  throw new RangeError('the set has not so many ports');
}

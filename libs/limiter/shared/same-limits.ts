import type { WindowLimits } from '../subject';

export function sameLimits(one: WindowLimits, other: WindowLimits): boolean {
  return one === other || (one[0] === other[0] && one[1] === other[1] && one[2] === other[2]);
}

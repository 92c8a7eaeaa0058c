import { isIPv6 } from 'node:net';

const WINDOW_MS = 60_000;
/** Addresses that are counted at once; beyond that the oldest are forgotten. */
const MAX_ADDRESSES = 20_000;
/** An IPv6 customer has a /64 at least: four groups of the address. */
const IPV6_NETWORK_GROUPS = 4;

export interface FailedLoginLimits {
  /** A minute, from one address; of IPv6 from one /64. */
  readonly perAddress: number;
  /** A minute, from all together. */
  readonly inTotal: number;
}

interface Window {
  beganMs: number;
  count: number;
}

/** Counts logins that failed: to try a key costs a look at every token, which is not to be had for nothing. */
export class FailedLogins {
  private readonly byNetwork = new Map<string, Window>();
  private readonly total: Window = { beganMs: 0, count: 0 };

  constructor(
    private limits: FailedLoginLimits,
    private readonly nowMs: () => number,
  ) {}

  /** For those that come from now on. */
  setLimits(limits: FailedLoginLimits): void {
    this.limits = limits;
  }

  /** Whether nothing that would take a search is looked at from this address for now. */
  isBlocked(address: string): boolean {
    const nowMs = this.nowMs();
    const from = this.byNetwork.get(networkOf(address));
    return countIn(from, nowMs) >= this.limits.perAddress || countIn(this.total, nowMs) >= this.limits.inTotal;
  }

  count(address: string): void {
    const nowMs = this.nowMs();
    const network = networkOf(address);
    const from = this.byNetwork.get(network) ?? { beganMs: nowMs, count: 0 };
    countOne(from, nowMs);
    countOne(this.total, nowMs);
    // The last to fail are the last to be forgotten.
    this.byNetwork.delete(network);
    this.byNetwork.set(network, from);
    if (this.byNetwork.size <= MAX_ADDRESSES) return;
    const [oldest] = this.byNetwork.keys();
    if (oldest !== undefined) this.byNetwork.delete(oldest);
  }
}

function countIn(window: Window | undefined, nowMs: number): number {
  return window === undefined || nowMs - window.beganMs >= WINDOW_MS ? 0 : window.count;
}

function countOne(window: Window, nowMs: number): void {
  if (nowMs - window.beganMs >= WINDOW_MS) {
    window.beganMs = nowMs;
    window.count = 0;
  }
  window.count += 1;
}

/** What counts as one sender. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  const groups = address.includes('::') ? [...front, ...zeros, ...back] : front;
  return groups
    .slice(0, IPV6_NETWORK_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

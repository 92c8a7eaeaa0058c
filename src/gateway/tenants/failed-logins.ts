import { networkOf } from './login-network';

const WINDOW_MS = 60_000;
/** Addresses that are counted at once; beyond that the oldest are forgotten. */
const MAX_ADDRESSES = 20_000;

export interface FailedLoginLimits {
  /** A minute, from one address; of IPv6 from one /64. */
  readonly perAddress: number;
  /** A minute, from all together. */
  readonly inTotal: number;
}

/** `wait`: so many are being tried that, should all of these fail, the limit would be reached. */
export type TryAnswer = 'go' | 'wait' | 'blocked';

interface Window {
  beganMs: number;
  count: number;
}

/**
 * Counts logins that failed: to try a key costs a look at every token, which is not to be had for nothing. Those that are being
 * tried count as well until it is known what becomes of them, so that no more fail than may, however many come at once.
 */
export class FailedLogins {
  private readonly byNetwork = new Map<string, Window>();
  private readonly total: Window = { beganMs: 0, count: 0 };
  private readonly tries = new Map<string, number>();
  private triesInTotal = 0;

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
    const { network, total } = this.left(networkOf(address));
    return network <= 0 || total <= 0;
  }

  /** Asks to try a key. After `go`, {@link endTry} is to be called once. */
  beginTry(address: string): TryAnswer {
    const name = networkOf(address);
    const { network, total } = this.left(name);
    if (network <= 0 || total <= 0) return 'blocked';
    const tries = this.tries.get(name) ?? 0;
    if (tries >= network || this.triesInTotal >= total) return 'wait';
    this.tries.set(name, tries + 1);
    this.triesInTotal += 1;
    return 'go';
  }

  /** @param failed whether it was the key of no token */
  endTry(address: string, failed: boolean): void {
    const name = networkOf(address);
    const tries = (this.tries.get(name) ?? 1) - 1;
    if (tries > 0) this.tries.set(name, tries);
    else this.tries.delete(name);
    this.triesInTotal -= 1;
    if (failed) this.count(name);
  }

  private left(network: string): { readonly network: number; readonly total: number } {
    const nowMs = this.nowMs();
    return {
      network: this.limits.perAddress - countIn(this.byNetwork.get(network), nowMs),
      total: this.limits.inTotal - countIn(this.total, nowMs),
    };
  }

  /** One more, from wherever it was heard of. */
  protected count(network: string): void {
    const nowMs = this.nowMs();
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

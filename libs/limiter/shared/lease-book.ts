import type { UnusedUnits } from '../counter-store';
import type { Layer, Subject, SubjectState } from '../subject';
import type { Answer } from './guarded-store';
import { Lease } from './lease';
import { LeasedSubject } from './leased-subject';
import {
  GIVE_BACK_BATCH,
  LEASE_IDLE_MS,
  LEASE_PREFETCH_MS,
  MAX_LEASES,
  MAX_WAITING_TO_RETURN,
  SCARCE_MS,
  SLOT_CHANGE_MS,
} from './limits';
import { sameLimits } from './same-limits';

export interface LeaseBookOptions {
  /** Units taken in advance for a subject of each layer; 0: none. */
  readonly sizes: Readonly<Record<Layer, number>>;
  readonly tickMs: number;
  readonly maxLeases?: number;
}

/** The leases of this process, and what it has to give back. Times by its monotonic clock. */
export class LeaseBook {
  private readonly subjects = new Map<string, LeasedSubject>();
  private unused: UnusedUnits[] = [];

  constructor(private readonly options: LeaseBookOptions) {}

  /** @returns `undefined` when nothing is to be taken in advance for it */
  find({ key, layer }: Subject, nowMs: number): LeasedSubject | undefined {
    const size = this.options.sizes[layer];
    if (size <= 0) return undefined;
    let leased = this.subjects.get(key);
    if (leased === undefined) {
      if (this.subjects.size >= (this.options.maxLeases ?? MAX_LEASES)) return undefined;
      leased = new LeasedSubject(size, nowMs);
      this.subjects.set(key, leased);
    }
    return leased;
  }

  /** The subject's lease, if it has a unit that may be used up to a time. */
  usable(leased: LeasedSubject, subject: Subject, untilMs: number): Lease | undefined {
    const { lease } = leased;
    if (lease === undefined) return undefined;
    if (!sameLimits(lease.subject.limits, subject.limits)) {
      this.retire(leased);
      return undefined;
    }
    return lease.units > 0 && untilMs < lease.untilMs ? lease : undefined;
  }

  /** Whether it is time to ask for more before the lease is used up. */
  isLow({ lease, refill, scarceUntilMs }: LeasedSubject, nowMs: number): boolean {
    if (lease === undefined || lease.units > lease.lowUnits || refill !== undefined) return false;
    return nowMs < lease.untilMs - LEASE_PREFETCH_MS && nowMs >= scarceUntilMs;
  }

  /**
   * Whether a request that has to ask anyway should ask for a lease as well: not while another one does, and not when
   * the slot is about to end.
   */
  mayRefill({ lease, refill, scarceUntilMs }: LeasedSubject, nowMs: number, untilMs: number): boolean {
    if (refill !== undefined || nowMs < scarceUntilMs) return false;
    return lease === undefined || nowMs >= lease.untilMs || untilMs < lease.untilMs;
  }

  /** Enters what was granted beyond a request's need; nothing, if nothing could be spared. */
  enter(leased: LeasedSubject, subject: Subject, state: SubjectState, units: number, answer: Answer): void {
    if (units === 0) {
      leased.scarceUntilMs = answer.receivedAtMs + SCARCE_MS;
      return;
    }
    const lease = new Lease(subject, state, units, answer, this.options.tickMs);
    const isOver = lease.untilMs <= answer.receivedAtMs;
    // Until the counters are in the next slot, every lease would be over when it arrives.
    if (isOver) leased.scarceUntilMs = lease.untilMs + SLOT_CHANGE_MS;
    if (isOver || leased.dropped) {
      this.giveBack(lease, units);
      return;
    }
    leased.usedAtMs = answer.receivedAtMs;
    if (leased.lease?.merge(lease) === true) return;
    this.retire(leased);
    leased.lease = lease;
  }

  /** A unit taken from a lease for a request that did not pass. */
  putBack(lease: Lease): void {
    if (lease.retired) this.giveBack(lease, 1);
    else lease.units += 1;
  }

  /** Units that are counted and will not be used. */
  giveBack({ subject, grantedAtMs }: Omit<UnusedUnits, 'units'>, units: number): void {
    if (units <= 0) return;
    if (this.unused.length >= MAX_WAITING_TO_RETURN) this.unused.shift();
    this.unused.push({ subject, units, grantedAtMs });
  }

  /** Takes back leases that have ended or that nobody uses. */
  sweep(nowMs: number): void {
    for (const [key, leased] of this.subjects) {
      const isIdle = nowMs - leased.usedAtMs > LEASE_IDLE_MS;
      if (leased.lease !== undefined && (isIdle || nowMs >= leased.lease.untilMs)) this.retire(leased);
      if (isIdle && leased.refill === undefined) this.drop(key, leased);
    }
  }

  /** Takes back all leases. */
  clear(): void {
    for (const [key, leased] of this.subjects) {
      this.retire(leased);
      this.drop(key, leased);
    }
  }

  /** What is to be given back, in portions; from now on it is the caller's. */
  drain(): UnusedUnits[][] {
    const portions: UnusedUnits[][] = [];
    for (let from = 0; from < this.unused.length; from += GIVE_BACK_BATCH) {
      portions.push(this.unused.slice(from, from + GIVE_BACK_BATCH));
    }
    this.unused = [];
    return portions;
  }

  private retire(leased: LeasedSubject): void {
    const { lease } = leased;
    if (lease === undefined) return;
    lease.retired = true;
    this.giveBack(lease, lease.units);
    leased.lease = undefined;
  }

  private drop(key: string, leased: LeasedSubject): void {
    leased.dropped = true;
    this.subjects.delete(key);
  }
}

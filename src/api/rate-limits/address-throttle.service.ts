import { Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import type { CidrList } from '@tollgate/config';
import { Clock } from '@tollgate/domain';
import { type Decision, RateLimiter, type Subject } from '@tollgate/limiter';
import { LRUCache } from 'lru-cache';

/** Addresses remembered as over their limit; of the others the counters know. */
const MAX_BLOCKED = 10_000;
const SECOND_MS = 1_000;

/** What is counted by client address. */
export type AddressRule = 'register' | 'public' | 'upload-token' | 'operator-failure' | 'unknown-token';

/** Limits by client address, a minute each. */
export class AddressLimits {
  /** @param exempt networks that are never throttled */
  constructor(
    readonly perMinute: Readonly<Record<AddressRule, number>>,
    readonly exempt: CidrList,
  ) {}
}

/** Slows down single addresses: what comes from one network of an IPv6 customer (a /64) counts together. */
@Injectable()
export class AddressThrottle {
  private readonly underWay = new Map<string, number>();
  private readonly blockedUntil = new LRUCache<string, number>({ max: MAX_BLOCKED });

  constructor(
    private readonly limits: AddressLimits,
    private readonly limiter: RateLimiter,
    private readonly clock: Clock,
  ) {}

  isExempt(ip: string): boolean {
    return this.limits.exempt.contains(ip);
  }

  /**
   * Seconds for which nothing under this rule is looked at for the address; 0 when it is not blocked. Knows what this
   * process has counted or was told when counting.
   */
  blockedSeconds(rule: AddressRule, ip: string): number {
    if (this.blockedUntil.size === 0) return 0;
    const untilMs = this.blockedUntil.get(addressKey(rule, ip));
    if (untilMs === undefined) return 0;
    return Math.max(0, Math.ceil((untilMs - this.clock.nowMs()) / SECOND_MS));
  }

  /**
   * Counts one against the address.
   * @returns seconds to wait when it is over its limit, else 0; at once where counters are in this process
   */
  count(rule: AddressRule, ip: string): number | Promise<number> {
    if (this.isExempt(ip)) return 0;
    const key = addressKey(rule, ip);
    const decision = this.limiter.take([addressSubject(key, this.limits.perMinute[rule])]);
    return decision instanceof Promise ? decision.then((made) => this.heed(key, made)) : this.heed(key, decision);
  }

  /**
   * Begins something that costs before it can be counted; {@link leave} ends it.
   * @returns false when as many as may be counted in a minute are under way for the address
   */
  enter(rule: AddressRule, ip: string): boolean {
    if (this.isExempt(ip)) return true;
    const key = addressKey(rule, ip);
    const underWay = this.underWay.get(key) ?? 0;
    if (underWay >= this.limits.perMinute[rule]) return false;
    this.underWay.set(key, underWay + 1);
    return true;
  }

  leave(rule: AddressRule, ip: string): void {
    const key = addressKey(rule, ip);
    const underWay = this.underWay.get(key) ?? 0;
    if (underWay <= 1) this.underWay.delete(key);
    else this.underWay.set(key, underWay - 1);
  }

  private heed(key: string, { refusedBy, retryAfterSeconds }: Decision): number {
    if (refusedBy < 0) return 0;
    this.blockedUntil.set(key, this.clock.nowMs() + retryAfterSeconds * SECOND_MS);
    return retryAfterSeconds;
  }
}

/**
 * Under what an address is counted.
 * @param ip may be followed by a zone; of IPv6 the first 64 bits count, which one customer has to themselves
 */
export function addressKey(rule: string, ip: string): string {
  return `d:${rule}:${normalizeIp(ip)}`;
}

/** @param key made by {@link addressKey} */
export function addressSubject(key: string, perMinute: number): Subject {
  return { layer: 'address', key, group: key, limits: [perMinute, 0, 0] };
}

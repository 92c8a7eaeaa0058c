import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { RateLimiter } from '@tollgate/limiter';
import { addressSubject } from './address-throttle.service';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Keeps the counts of `@nestjs/throttler` where all limits are kept: in Redis, or in this process. */
@Injectable()
export class LimiterThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly limiter: RateLimiter) {}

  /**
   * @param key made by `addressKey`
   * @param ttl must be a minute: that is the window the limiter has
   */
  async increment(
    key: string,
    ttl: number,
    limit: number,
    _blockDuration: number,
    throttlerName: string,
  ): Promise<ThrottlerRecord> {
    if (ttl !== MINUTE_MS) throw new TypeError(`throttler ${throttlerName} must count by the minute`);
    const { refusedBy, retryAfterSeconds, states } = await this.limiter.take([addressSubject(key, limit)]);
    const isBlocked = refusedBy >= 0;
    const remaining = states[0]?.remaining ?? limit;
    return {
      totalHits: limit - remaining + (isBlocked ? 1 : 0),
      timeToExpire: MINUTE_MS / SECOND_MS,
      isBlocked,
      timeToBlockExpire: retryAfterSeconds,
    };
  }
}

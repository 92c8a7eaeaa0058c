import type { RateLimit } from '@tollgate/domain';

/** JSON of the limits, `null` where there are none. */
export function rateLimitText(rateLimit: RateLimit | undefined): string | null {
  return rateLimit === undefined ? null : JSON.stringify(rateLimit);
}

/** @param text as {@link rateLimitText} wrote it */
export function parseRateLimit(text: string): RateLimit {
  return JSON.parse(text) as RateLimit;
}

import { TRAFFIC_LIMITS } from './limits';

/**
 * How long to wait after failures in a row: twice as long after each, of which half is left to chance, so that gateways
 * that lost their receiver together don't come back together.
 * @param failures at least 1
 * @param random from 0 to 1
 * @param longestMs at most so long
 * @returns milliseconds
 */
export function retryDelayMs(failures: number, random: number, longestMs: number): number {
  const fullMs = Math.min(longestMs, TRAFFIC_LIMITS.firstRetryMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(fullMs * (0.5 + 0.5 * random));
}

/**
 * What a `Retry-After` header asks for (RFC 9110, section 10.2.3).
 * @param nowMs since the Unix epoch
 * @returns milliseconds, at most `longestRetryAfterMs`; `undefined` when it says nothing that can be read
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const askedMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  if (Number.isNaN(askedMs)) return undefined;
  return Math.min(Math.max(askedMs, 0), TRAFFIC_LIMITS.longestRetryAfterMs);
}

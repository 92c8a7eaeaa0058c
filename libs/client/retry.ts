import { TollgateApiError, TollgateTransportError } from './errors';

/** How often a read is repeated, and how long that may take. */
export interface RetryPolicy {
  /** Repeats after the first try. Default 2; 0 turns repeating off. */
  readonly maxRetries: number;
  /** Longest wait before one repeat, in milliseconds. A longer `Retry-After` is not waited for. Default 5,000. */
  readonly maxDelayMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { maxRetries: 2, maxDelayMs: 5_000 };

const FIRST_DELAY_MS = 100;

/**
 * How long to wait before a repeat, or `undefined` when the error is final: only a broken connection, a timeout and a
 * 503 pass by themselves.
 * @param retriesSoFar 0 after the first try
 * @param random 0 up to 1; spreads the repeats of many clients
 */
export function retryDelayMs(
  error: unknown,
  retriesSoFar: number,
  policy: RetryPolicy,
  random: number,
): number | undefined {
  if (retriesSoFar >= policy.maxRetries || !isTransient(error)) return undefined;
  const asked = error instanceof TollgateApiError ? error.retryAfterSeconds : undefined;
  if (asked !== undefined) return asked * 1000 <= policy.maxDelayMs ? asked * 1000 : undefined;
  const ceiling = Math.min(FIRST_DELAY_MS * 2 ** retriesSoFar, policy.maxDelayMs);
  return Math.round(ceiling * (0.5 + random / 2));
}

function isTransient(error: unknown): boolean {
  if (error instanceof TollgateApiError) return error.status === 503;
  return error instanceof TollgateTransportError && error.failure !== 'protocol';
}

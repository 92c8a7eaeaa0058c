import { InvalidArgumentError } from 'commander';

/** When a new token expires, in the form in which the api takes it. Empty: never. */
export interface Expiry {
  readonly expires_in_seconds?: number;
  readonly expires_at?: string;
}

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * Reads `90d`, `12h`, `3600` (seconds), an RFC 3339 time, or `never`.
 * @throws InvalidArgumentError, to which commander adds the flag
 */
export function parseExpiry(text: string): Expiry {
  if (text === 'never') return {};
  if (RFC3339.test(text) && !Number.isNaN(Date.parse(text))) return { expires_at: text };
  const [, amount, unit = ''] = /^(\d{1,10})([smhdw]?)$/.exec(text) ?? [];
  const seconds = Number(amount) * (SECONDS[unit] ?? NaN);
  if (!Number.isSafeInteger(seconds) || seconds === 0) {
    throw new InvalidArgumentError('Use a duration (90d, 12h, 30m, 3600), an RFC 3339 time, or never.');
  }
  return { expires_in_seconds: seconds };
}

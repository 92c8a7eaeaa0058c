import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Bounds of a duration, both inclusive, in the same notation. */
export interface DurationBounds {
  readonly min?: string;
  readonly max?: string;
}

/**
 * Reads `15m`, `90s`, `30d`, `250ms`, `1h30m` or `1.5h`. A number without a unit is refused: it could be seconds as
 * well as milliseconds.
 * @returns whole milliseconds; `undefined` when the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let ms = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(PART)) ms += Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  const whole = Math.round(ms);
  return Number.isSafeInteger(whole) ? whole : undefined;
}

/**
 * A variable that holds a duration; its value is in milliseconds.
 * @param fallback value when unset, in the same notation; without it the variable must be set (or be `.optional()`)
 */
export function duration(fallback?: string, bounds: DurationBounds = {}): z.ZodType<number> {
  const minMs = bounds.min === undefined ? 0 : mustParse(bounds.min);
  const maxMs = bounds.max === undefined ? Number.MAX_SAFE_INTEGER : mustParse(bounds.max);
  const text = fallback === undefined ? z.string() : z.string().default(fallback);
  if (fallback !== undefined) mustParse(fallback);
  return text.transform((value, context) => {
    const ms = parseDuration(value.trim());
    if (ms === undefined) {
      context.addIssue(`must be a duration with a unit, such as 15m, 90s, 250ms or 30d (got ${JSON.stringify(value)})`);
      return z.NEVER;
    }
    if (ms < minMs || ms > maxMs) {
      const range = [bounds.min && `at least ${bounds.min}`, bounds.max && `at most ${bounds.max}`];
      context.addIssue(`must be ${range.filter(Boolean).join(' and ')} (got ${JSON.stringify(value)})`);
      return z.NEVER;
    }
    return ms;
  });
}

function mustParse(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new TypeError(`not a duration: ${text}`);
  return ms;
}

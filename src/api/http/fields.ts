import { parseRfc3339 } from '@tollgate/auth';
import { MAX_SCOPE_LENGTH, NOT_BLANK, PRINTABLE, type RateLimit, isScope } from '@tollgate/domain';
import { MAX_WINDOW_LIMIT, findMisorderedWindows } from '@tollgate/limiter';
import { z } from 'zod';

export { PRINTABLE };

/**
 * Text of a person: at least one character that is no blank, no control characters (NUL among them), no lone surrogates,
 * which a store would turn into another character.
 */
export const plainText = (maxLength: number): z.ZodString =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(maxLength, `must have at most ${String(maxLength)} characters`)
    .regex(NOT_BLANK, 'must not be blank')
    .regex(PRINTABLE, 'must not contain control characters or broken Unicode');

/** A scope as the contract writes it. */
export const scope = z
  .string()
  .max(MAX_SCOPE_LENGTH, `must have at most ${String(MAX_SCOPE_LENGTH)} characters`)
  .refine(isScope, 'must be *, resource:action or resource:*')
  .meta({ example: 'storage:read' });

const requests = z
  .number()
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .max(MAX_WINDOW_LIMIT, `must be at most ${String(MAX_WINDOW_LIMIT)}`)
  .nullish();

/** Limits as sent: whole numbers, minute ≤ hour ≤ day where given; 0 or absent is no limit. */
export const rateLimit = z
  .object({ requests_per_minute: requests, requests_per_hour: requests, requests_per_day: requests })
  .superRefine((limit, context) => {
    const windows = ['requests_per_minute', 'requests_per_hour', 'requests_per_day'] as const;
    for (const { name, shorter } of findMisorderedWindows(windows, (window) => limit[window])) {
      context.addIssue({ code: 'custom', path: [name], message: `must not be less than ${shorter}` });
    }
  })
  .meta({ example: { requests_per_minute: 600, requests_per_hour: 10_000 } });

/** Limits as the domain holds them; `undefined` when no window is limited. */
export function toRateLimit(limit: z.output<typeof rateLimit> | null | undefined): RateLimit | undefined {
  const entries = [
    ['requestsPerMinute', limit?.requests_per_minute],
    ['requestsPerHour', limit?.requests_per_hour],
    ['requestsPerDay', limit?.requests_per_day],
  ] as const;
  const given = entries.filter(([, value]) => (value ?? 0) > 0);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** Limits as answered: the windows that have one. */
export function rateLimitView(limit: RateLimit): Record<string, number> {
  return {
    ...(limit.requestsPerMinute === undefined ? {} : { requests_per_minute: limit.requestsPerMinute }),
    ...(limit.requestsPerHour === undefined ? {} : { requests_per_hour: limit.requestsPerHour }),
    ...(limit.requestsPerDay === undefined ? {} : { requests_per_day: limit.requestsPerDay }),
  };
}

/** An RFC 3339 instant in a body or query. */
export const instant = z
  .string()
  .refine((text) => parseRfc3339(text) !== undefined, 'must be an RFC 3339 time such as 2026-01-04T10:00:00Z')
  .meta({ format: 'date-time', example: '2026-01-04T10:00:00Z' });

/** The instant that {@link instant} let through. */
export function toDate(text: string | null | undefined): Date | undefined {
  const time = text === null || text === undefined ? undefined : parseRfc3339(text);
  return time === undefined ? undefined : new Date(time.epochMs);
}

const digits = (name: string, min: number, max: number): z.ZodString =>
  z
    .string()
    .refine((text) => /^\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= max, name)
    .meta({ type: 'integer', minimum: min, maximum: max });

/** `limit` and `offset` of every list. */
export const pageQuery = {
  limit: digits('must be a whole number from 1 to 100', 1, 100).optional().meta({ example: '50' }),
  offset: digits('must be a whole number from 0 to 1000000000', 0, 1_000_000_000).optional().meta({ example: '0' }),
};

/** The page that a query asks for: 50 from the start, unless it says otherwise. */
export function toPage(query: { readonly limit?: string | undefined; readonly offset?: string | undefined }): {
  readonly limit: number;
  readonly offset: number;
} {
  return { limit: Number(query.limit ?? 50), offset: Number(query.offset ?? 0) };
}

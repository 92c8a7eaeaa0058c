import {
  USAGE_RESULTS,
  type UsageBucket,
  type UsageCounts,
  type ValidationFilter,
  type ValidationRecord,
} from '@tollgate/domain';
import { z } from 'zod';
import { instant, pageQuery, toDate } from '../http/fields';
import { time, tokenId } from './token.schemas';
import { parseInstantOrDay } from './usage-range';

const HOUR_MS = 3_600_000;

const results = z.object({
  valid: z.number().meta({ example: 42 }),
  scope: z.number().meta({ example: 1, description: 'A scope was asked for that the token has not.' }),
  inactive: z.number().meta({ example: 0 }),
  expired: z.number().meta({ example: 0 }),
  suspended: z.number().meta({ example: 0, description: 'The account was suspended.' }),
  limited: z.number().meta({ example: 3, description: 'Refused by a rate limit.' }),
});

export const tokenStats = z
  .object({
    token_id: tokenId,
    total_requests: z.number().meta({ example: 1_024 }),
    last_used_at: time.optional(),
    created_at: time,
    daily_stats: z
      .array(z.object({ date: z.string().meta({ example: '2026-01-04' }), requests: z.number().meta({ example: 42 }) }))
      .meta({ description: 'Valid uses by UTC day; days without any are left out.' }),
    results: results.meta({ description: 'How validations ended in the same days.' }),
  })
  .meta({ id: 'TokenStats' });

const instantOrDay = z
  .string()
  .refine((text) => parseInstantOrDay(text) !== undefined, 'must be an RFC 3339 time or a day such as 2026-01-04')
  .optional();

/** Unknown fields are refused here and below: these routes are ours, no old client sends extras. */
export const usageQuery = z.strictObject({
  from: instantOrDay.meta({ example: '2026-01-04', description: 'From then on. Default: 30 days or 24 hours back.' }),
  to: instantOrDay.meta({ example: '2026-01-05', description: 'Up to and without that. Default: now.' }),
  granularity: z.enum(['hour', 'day'], 'must be hour or day').default('day').meta({
    example: 'day',
    description: 'hour: a range of at most 35 days, and no further back than that; day: of at most 400 days.',
  }),
});

export const tokenUsage = z
  .object({
    token_id: tokenId,
    granularity: z.enum(['hour', 'day']).meta({ example: 'day' }),
    from: time,
    to: time,
    usage: z
      .array(z.object({ start: time, total: z.number().meta({ example: 46 }), ...results.shape }))
      .meta({ description: 'Oldest first; hours or days without any validation are left out.' }),
    total: z.number().meta({ example: 46, description: 'Validations in the whole range.' }),
  })
  .meta({ id: 'TokenUsage' });

export const validationsQuery = z.strictObject({
  result: z
    .enum(USAGE_RESULTS, `must be one of ${USAGE_RESULTS.join(', ')}`)
    .optional()
    .meta({ example: 'limited' }),
  start_time: instant.optional().meta({ description: 'Inclusive.' }),
  end_time: instant.optional().meta({ description: 'Inclusive.' }),
  ...pageQuery,
});

const validation = z
  .object({
    id: z.string().meta({ example: 'val_4fJ8sQ2mZk1xWc9vB7nR0L' }),
    timestamp: time,
    result: z.enum(USAGE_RESULTS).meta({ example: 'valid' }),
    scope: z.array(z.string()).meta({ example: ['storage:read'], description: 'What was asked for.' }),
    ip: z.string().meta({ example: '203.0.113.7' }),
    user_agent: z.string().meta({ example: 'curl/8.5.0' }),
  })
  .meta({ id: 'Validation' });

export const validationList = z
  .object({ token_id: tokenId, validations: z.array(validation), total: z.number().meta({ example: 1 }) })
  .meta({ id: 'ValidationList' });

/** Every result with its count. */
export function resultsView(counts: UsageCounts): z.output<typeof results> {
  const { valid = 0, scope = 0, inactive = 0, expired = 0, suspended = 0, limited = 0 } = counts;
  return { valid, scope, inactive, expired, suspended, limited };
}

export function usageView({ startHour, counts }: UsageBucket): z.output<typeof tokenUsage>['usage'][number] {
  return { start: hourText(startHour), total: sumOf(counts), ...resultsView(counts) };
}

/** Counts of several hours or days as one. */
export function addUp(buckets: readonly UsageBucket[]): UsageCounts {
  const sum = resultsView({});
  for (const { counts } of buckets) for (const result of USAGE_RESULTS) sum[result] += counts[result] ?? 0;
  return sum;
}

export function sumOf(counts: UsageCounts): number {
  return USAGE_RESULTS.reduce((sum, result) => sum + (counts[result] ?? 0), 0);
}

/** @param hour whole hours since the epoch */
export function hourText(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString();
}

export function toValidationFilter(query: z.output<typeof validationsQuery>): ValidationFilter {
  const from = toDate(query.start_time);
  const last = toDate(query.end_time);
  return {
    ...(query.result === undefined ? {} : { result: query.result }),
    ...(from === undefined ? {} : { from }),
    // Times are kept in whole milliseconds, so what is before the next one includes this one.
    ...(last === undefined ? {} : { to: new Date(last.getTime() + 1) }),
  };
}

export function validationView(record: ValidationRecord): z.output<typeof validation> {
  return {
    id: record.id,
    timestamp: record.at.toISOString(),
    result: record.result,
    scope: [...record.scopes],
    ip: record.ip,
    user_agent: record.userAgent,
  };
}

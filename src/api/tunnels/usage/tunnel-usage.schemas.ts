import type { TrafficTotal } from '@tollgate/domain';
import { z } from 'zod';
import { type UsageRange, parseInstantOrDay } from '../../tokens/usage-range';

const HOUR_MS = 3_600_000;
const HOURS_PER_DAY = 24;
const DAY_MS = HOURS_PER_DAY * HOUR_MS;

const instantOrDay = (description: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .refine((text) => parseInstantOrDay(text) !== undefined, 'must be an RFC 3339 time or a day such as 2026-01-04')
    .optional()
    .meta({ example: '2026-01-04', description });

export const tunnelTrafficQuery = z.strictObject({
  from: instantOrDay('The UTC day that it begins with; thirty days before the end unless told.'),
  to: instantOrDay('Up to and without this day; today included unless told.'),
  by: z.enum(['day', 'proxy'], 'must be day or proxy').default('day').meta({ example: 'day' }),
});

const bytes = {
  in_bytes: z.number().meta({ example: 52_428_800, description: 'From users to clients.' }),
  out_bytes: z.number().meta({ example: 10_485_760, description: 'From clients to users.' }),
};

export const tunnelTraffic = z
  .object({
    token_id: z.string().meta({ example: 'tt_4fJ8sQ2mZk1xWc9vB7nR0L' }),
    from: z.string().meta({ format: 'date-time', example: '2026-01-04T00:00:00.000Z' }),
    to: z.string().meta({ format: 'date-time', example: '2026-02-03T00:00:00.000Z' }),
    by: z.enum(['day', 'proxy']),
    total: z.object(bytes),
    traffic: z
      .array(
        z.object({
          date: z.string().optional().meta({ example: '2026-01-04' }),
          proxy: z.string().optional().meta({ example: 'web' }),
          ...bytes,
        }),
      )
      .meta({ description: 'By rising date or name; those without any are left out.' }),
  })
  .meta({ id: 'TunnelTraffic' });

export function tunnelTrafficView(
  tokenId: string,
  by: 'day' | 'proxy',
  { fromHour, toHour }: UsageRange,
  totals: readonly TrafficTotal[],
): z.output<typeof tunnelTraffic> {
  return {
    token_id: tokenId,
    from: new Date(fromHour * HOUR_MS).toISOString(),
    to: new Date(toHour * HOUR_MS).toISOString(),
    by,
    total: {
      in_bytes: totals.reduce((sum, { inBytes }) => sum + inBytes, 0),
      out_bytes: totals.reduce((sum, { outBytes }) => sum + outBytes, 0),
    },
    traffic: totals.map(({ day, proxyName, inBytes, outBytes }) => ({
      ...(day === undefined ? {} : { date: new Date(day * DAY_MS).toISOString().slice(0, 10) }),
      ...(proxyName === undefined ? {} : { proxy: proxyName }),
      in_bytes: inBytes,
      out_bytes: outBytes,
    })),
  };
}

import { MAX_REPORTED_PROXY_NAME_LENGTH } from '@tollgate/domain';
import { z } from 'zod';
import { PRINTABLE, plainText } from '../../http/fields';

const MAX_TOKEN = 1_024;
const MAX_REGION = 256;
/** 9999-12-31: past it a day has no text. */
const MAX_TIMESTAMP = 253_402_300_799;

const bytes = z
  .number()
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .max(Number.MAX_SAFE_INTEGER, `must be at most ${String(Number.MAX_SAFE_INTEGER)}`);

/** A traffic report as the contract has it; further fields are none of our business. */
export const trafficReportBody = z
  .object({
    token: z
      .string()
      .min(1, 'must not be empty')
      .max(MAX_TOKEN, `must have at most ${String(MAX_TOKEN)} characters`)
      .meta({ description: "The client's token itself. It is kept as its id only." }),
    region: z
      .string()
      .max(MAX_REGION, `must have at most ${String(MAX_REGION)} characters`)
      .regex(PRINTABLE, 'must not contain control characters or broken Unicode'),
    proxyName: plainText(MAX_REPORTED_PROXY_NAME_LENGTH),
    trafficIn: bytes.meta({ description: 'Bytes from users to the client since the last report.' }),
    trafficOut: bytes.meta({ description: 'Bytes from the client to users since the last report.' }),
    timestamp: z
      .number()
      .int('must be a whole number')
      .min(0, 'must not be negative')
      .max(MAX_TIMESTAMP, 'must be in seconds since the epoch, before the year 10000')
      .meta({ description: 'Unix seconds; says for which UTC day the traffic counts.' }),
  })
  .meta({
    example: {
      token: 'tgt_…',
      region: 'eu',
      proxyName: 'web',
      trafficIn: 52_428_800,
      trafficOut: 10_485_760,
      timestamp: 1_707_412_800,
    },
  });

export type TrafficReportBody = z.output<typeof trafficReportBody>;

export const trafficReceipt = z.object({
  status: z.enum(['counted', 'repeated']).meta({ description: '`repeated`: its key was counted before.' }),
  month: z
    .string()
    .optional()
    .meta({ example: '2026-11', description: 'The present month, UTC; absent with `monthTraffic`.' }),
  monthTraffic: z
    .number()
    .optional()
    .meta({
      example: 62_914_560,
      description:
        'Bytes in both directions that the token, and all that it was rotated from or to, have moved in that month through all gateways. ' +
        'It may be a second behind. Absent when it cannot be told just now.',
    }),
});

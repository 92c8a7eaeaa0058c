import type { Command } from 'commander';
import type { RateLimit } from '@tollgate/client';
import { parseWholeNumber } from './whole-number';

export interface RateLimitFlags {
  readonly perMinute?: number;
  readonly perHour?: number;
  readonly perDay?: number;
}

/** Adds `--per-minute`, `--per-hour` and `--per-day`. */
export function withRateLimitFlags(command: Command): Command {
  return command
    .option('--per-minute <requests>', 'most requests in a minute', parseWholeNumber)
    .option('--per-hour <requests>', 'most requests in an hour', parseWholeNumber)
    .option('--per-day <requests>', 'most requests in a day', parseWholeNumber);
}

/** The limits that were given; `undefined` when none was. */
export function toRateLimit({ perMinute, perHour, perDay }: RateLimitFlags): RateLimit | undefined {
  if (perMinute === undefined && perHour === undefined && perDay === undefined) return undefined;
  return {
    ...(perMinute === undefined ? {} : { requests_per_minute: perMinute }),
    ...(perHour === undefined ? {} : { requests_per_hour: perHour }),
    ...(perDay === undefined ? {} : { requests_per_day: perDay }),
  };
}

/** How a validation of a known token may end, as usage is counted by. */
export const USAGE_RESULTS = ['valid', 'scope', 'inactive', 'expired', 'suspended', 'limited'] as const;

/**
 * - `valid`: granted; the only one that counts into a token's total and moves its `lastUsedAt`
 * - `scope`: a scope was asked for that the token has not
 * - `inactive`, `expired`: the token's own state
 * - `suspended`: its account's
 * - `limited`: refused by a rate limit
 */
export type UsageResult = (typeof USAGE_RESULTS)[number];

/** Counts by result; one that is absent is 0. */
export type UsageCounts = Readonly<Partial<Record<UsageResult, number>>>;

/** How often one token was presented in one hour, as collected since the last batch. */
export interface TokenUsage {
  readonly accountId: string;
  readonly tokenId: string;
  /** Whole hours since the epoch, UTC. */
  readonly hour: number;
  readonly counts: UsageCounts;
  /** The last time with result `valid`; absent when there was none. */
  readonly lastUsedAt?: Date;
}

/** What one process has collected; a store that is told the same batch again leaves it at the first time. */
export interface UsageBatch {
  /** Unique over all processes and restarts, at most 40 characters. */
  readonly id: string;
  readonly entries: readonly TokenUsage[];
}

export type UsageGranularity = 'hour' | 'day';

/** Usage of one token in one hour or day. */
export interface UsageBucket {
  /** Whole hours since the epoch at which it begins, UTC. */
  readonly startHour: number;
  readonly counts: UsageCounts;
}

/** Hours in which usage is kept by the hour (35 days); what is older is kept by the day. */
export const HOURLY_USAGE_HOURS = 35 * 24;

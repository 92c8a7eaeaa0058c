import type { RateLimit } from '@tollgate/domain';
import type { WindowIndex } from './limits';

/** Requests allowed in a minute, an hour, a day; 0: no limit. */
export type WindowLimits = readonly [perMinute: number, perHour: number, perDay: number];

/**
 * What a subject stands for. Of the contract's three layers the first that refuses names the refusal; `address` is for
 * throttling by client address.
 */
export type Layer = 'app' | 'account' | 'token' | 'address';

/** Something whose requests are counted, with the limits that it has now. */
export interface Subject {
  readonly layer: Layer;
  /** Names its counters; unique over all layers. */
  readonly key: string;
  /** On a Redis Cluster, subjects of one group lie together: for accounts and their tokens the account's id. */
  readonly group: string;
  readonly limits: WindowLimits;
}

/** Units wanted for one subject. */
export interface Demand {
  readonly subject: Subject;
  /** Units without which the request is refused; 0 only looks. */
  readonly need: number;
  /** Units welcome beyond that, for a lease; as many are granted as a fair share of what is left allows. */
  readonly extra: number;
}

/** One subject after a take, or after a refusal that changed nothing. */
export interface SubjectState {
  /** Units counted by this take; 0 after a refusal. */
  readonly granted: number;
  /** The window with the least left. */
  readonly window: WindowIndex;
  /** Its limit. */
  readonly limit: number;
  /** What is left of it. */
  readonly remaining: number;
  /** When it gains room next, by the clock of the counters; milliseconds since the epoch. */
  readonly roomAtMs: number;
}

/** The outcome of an atomic take. */
export interface TakeOutcome {
  /** The clock of the counters, milliseconds since the epoch. */
  readonly nowMs: number;
  /** Position of the first demand that was refused; -1 when all were granted. */
  readonly refusedBy: number;
  /** When the same demands could be granted at the earliest; `nowMs` when they were. */
  readonly retryAtMs: number;
  /** In the order of the demands. */
  readonly states: readonly SubjectState[];
}

/** The limits of a stored rate limit; `undefined` when it limits nothing. */
export function windowLimits(rateLimit: RateLimit | undefined): WindowLimits | undefined {
  if (rateLimit === undefined) return undefined;
  const { requestsPerMinute = 0, requestsPerHour = 0, requestsPerDay = 0 } = rateLimit;
  if (requestsPerMinute === 0 && requestsPerHour === 0 && requestsPerDay === 0) return undefined;
  return [requestsPerMinute, requestsPerHour, requestsPerDay];
}

/** Limits of one subject. A window that is absent or 0 has no limit. */
export interface RateLimit {
  readonly requestsPerMinute?: number;
  readonly requestsPerHour?: number;
  readonly requestsPerDay?: number;
}

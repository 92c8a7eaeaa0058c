import type {
  ReceivedTraffic,
  RotatedTokens,
  TrafficGrouping,
  TrafficReceipt,
  TrafficReportKey,
  TrafficTotal,
} from './traffic-report';

/** Days, whole since the epoch in UTC. */
export interface TrafficDays {
  readonly fromDay: number;
  /** Not included. */
  readonly toDay: number;
}

/** What tunnel tokens have moved, by proxy and day. */
export abstract class TrafficRepository {
  /**
   * Counts a report once, however often and by how many processes at a time it is told, as long as its key is remembered
   * ({@link TRAFFIC_KEY_MEMORY_MS}).
   * @param key absent: each call counts
   * @throws TollgateError `unavailable`: whether it was counted is not known; telling it again with its key is safe
   */
  abstract add(report: ReceivedTraffic, key: TrafficReportKey | undefined, now: Date): Promise<TrafficReceipt>;

  /** Traffic of one token of one account, by rising day, then name. Days and proxies without any are left out. */
  abstract totals(
    accountId: string,
    tokenId: string,
    days: TrafficDays,
    grouping: TrafficGrouping,
  ): Promise<readonly TrafficTotal[]>;

  /** The same whoever's the token was. */
  abstract totalsAcrossAccounts(
    tokenId: string,
    days: TrafficDays,
    grouping: TrafficGrouping,
  ): Promise<readonly TrafficTotal[]>;

  /** Bytes, both directions together, of a token and all that rotations have put in its place, as far as they are of one account. */
  abstract rotatedTotal(tokens: RotatedTokens, days: TrafficDays): Promise<number>;

  /**
   * Forgets up to `limit` keys and up to `limit` days of proxies that are past their time.
   * @returns how many went
   */
  abstract purge(now: Date, limit: number): Promise<number>;
}

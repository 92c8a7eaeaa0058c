/** Whose traffic a report tells of. */
export interface ReportedToken {
  /** SHA-256 of the token's value. */
  readonly hash: Buffer;
  /** `tt_…` */
  readonly id: string;
  /** Absent: a token of no account. */
  readonly accountId?: string;
  /** Id of the token that the first of its rotations replaced. Absent: its own. */
  readonly rootId?: string;
}

/** A token and all that rotations have put in its place. */
export type RotatedTokens = Pick<ReportedToken, 'accountId'> & Required<Pick<ReportedToken, 'rootId'>>;

/** What one proxy of a token moved, as a gateway told it once. */
export interface ReceivedTraffic {
  readonly token: ReportedToken;
  /**
   * Whether the token is there. If not, its id is derived and it has no account: who it was at its latest report counts, where there
   * was one, since what a token moved last is often reported after its deletion.
   */
  readonly isKnownToken: boolean;
  readonly proxyName: string;
  /** Bytes from users to the client. */
  readonly inBytes: number;
  /** Bytes from the client to users. */
  readonly outBytes: number;
  /** Whole days since the epoch, UTC: the one it counts for. */
  readonly day: number;
}

/** By what a repeated report is known. */
export interface TrafficReportKey {
  /** SHA-256 of the sender's key. */
  readonly hash: Buffer;
  /** SHA-256 of the report. */
  readonly fingerprint: Buffer;
}

/**
 * - `counted`: now
 * - `repeated`: it was counted before
 * - `conflict`: its key came with another report before; nothing was counted
 */
export type TrafficReceipt = 'counted' | 'repeated' | 'conflict';

/** What traffic is added up by. */
export type TrafficGrouping = 'day' | 'proxy' | 'day-and-proxy';

/** Traffic of one token. */
export interface TrafficTotal {
  /** Whole days since the epoch, UTC; absent when added up over days. */
  readonly day?: number;
  /** Absent when added up over proxies. */
  readonly proxyName?: string;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** Milliseconds for which the keys of reports are remembered (35 days); a report repeated after that counts twice. */
export const TRAFFIC_KEY_MEMORY_MS = 35 * 86_400_000;

/** Days for which traffic is kept. */
export const TRAFFIC_DAYS_KEPT = 400;

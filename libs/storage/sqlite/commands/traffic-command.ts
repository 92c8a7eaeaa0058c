import type { TrafficReceipt } from '@tollgate/domain';

/** A report as it crosses to the writer thread; see `ReceivedTraffic` and `TrafficReportKey`. */
export interface TrafficReportInput {
  readonly tokenHash: Uint8Array;
  readonly tokenId: string;
  /** Empty: of no account. */
  readonly accountId: string;
  /** Empty: the token's own id. */
  readonly rootId: string;
  readonly isKnownToken: boolean;
  readonly proxy: string;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly day: number;
  readonly key: { readonly hash: Uint8Array; readonly fingerprint: Uint8Array } | null;
  readonly atMs: number;
}

/** Every write of traffic; see `WriteVerbs`. */
export interface TrafficWriteVerbs {
  'traffic.add': { input: TrafficReportInput; result: TrafficReceipt };
  'traffic.purge': { input: { keysBeforeMs: number; beforeDay: number; limit: number }; result: number };
}

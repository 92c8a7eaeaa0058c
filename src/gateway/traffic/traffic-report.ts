/** Whose traffic, through which proxy: what a report is about. */
export interface TrafficSubject {
  /** `tt_…` */
  readonly tokenId: string;
  /** The token itself, which reports name. */
  readonly token: string;
  /** The gateway's. */
  readonly region: string;
  readonly proxyName: string;
}

/** One report, as it is sent however often. */
export interface TrafficReport extends TrafficSubject {
  /** Its `Idempotency-Key`. */
  readonly key: string;
  /** Bytes from users to the client. */
  readonly inBytes: number;
  /** Bytes from the client to users. */
  readonly outBytes: number;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** The body that is sent: the same bytes at each try. */
export function reportBody(report: TrafficReport): string {
  return JSON.stringify({
    token: report.token,
    region: report.region,
    proxyName: report.proxyName,
    trafficIn: report.inBytes,
    trafficOut: report.outBytes,
    timestamp: report.timestamp,
  });
}

import { randomBytes } from 'node:crypto';
import { randomBase62, type ReceivedTraffic, type ReportedToken, type TrafficReportKey } from '@tollgate/domain';

/** A token of a new id. */
export function buildReportedToken(fields: Partial<ReportedToken> = {}): ReportedToken {
  return { hash: randomBytes(32), id: `tt_${randomBase62(22)}`, ...fields };
}

/** What proxy `web` of a token moved on day 20,000: 100 bytes in and 10 out. */
export function buildTraffic(token: ReportedToken, fields: Partial<ReceivedTraffic> = {}): ReceivedTraffic {
  return { token, isKnownToken: true, proxyName: 'web', inBytes: 100, outBytes: 10, day: 20_000, ...fields };
}

/** A key of its own. */
export function buildTrafficKey(fields: Partial<TrafficReportKey> = {}): TrafficReportKey {
  return { hash: randomBytes(32), fingerprint: randomBytes(32), ...fields };
}

import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  Clock,
  type ReceivedTraffic,
  type ReportedToken,
  TollgateError,
  type TrafficDays,
  type TrafficGrouping,
  TrafficRepository,
  type TrafficReportKey,
  type TrafficTotal,
} from '@tollgate/domain';
import { derivedTunnelTokenId, limitKeyOf } from '@tollgate/tunnel-tokens';
import { ManagedTunnelTokens } from '../managed-tunnel-tokens';
import { MonthTraffic, monthName, monthOfDay } from './month-traffic';
import type { TrafficReportBody } from './traffic.schemas';

const DAY_SECONDS = 86_400;
const SECOND_MS = 1_000;
/** How far ahead a gateway's clock may be, in days; what is further ahead would be counted for days that nobody asks about. */
const DAYS_AHEAD = 1;

/** What became of a report that is in order. */
export interface TrafficRecord {
  readonly status: 'counted' | 'repeated';
  /**
   * What the token has moved in the present month over all gateways, with all that it was rotated from or to. Absent when it can't be
   * told just now.
   */
  readonly month?: { /** Such as 2026-11. */ readonly name: string; readonly bytes: number };
}

/** Takes traffic reports, and tells what they add up to. */
@Injectable()
export class TunnelTraffic {
  private readonly months: MonthTraffic;

  constructor(
    private readonly traffic: TrafficRepository,
    private readonly managed: ManagedTunnelTokens,
    private readonly clock: Clock,
  ) {
    this.months = new MonthTraffic(traffic, clock);
  }

  /**
   * Counts a report for its token, proxy and UTC day.
   * @param idempotencyKey the sender's; a report that comes again with it counts once. Absent: each one counts
   * @throws TollgateError `invalid_request` for a time that is far ahead, `conflict` when the key came with another report,
   * `unavailable` when it can't be kept or nobody knows whose token it is
   */
  async record(body: TrafficReportBody, idempotencyKey: string | undefined): Promise<TrafficRecord> {
    const now = this.clock.now();
    const today = Math.floor(now.getTime() / SECOND_MS / DAY_SECONDS);
    const day = Math.floor(body.timestamp / DAY_SECONDS);
    if (day > today + DAYS_AHEAD) {
      throw new TollgateError('invalid_request', 'timestamp: must not be more than a day ahead of this server');
    }
    const key = idempotencyKey === undefined ? undefined : keyOf(idempotencyKey, body);
    const report = this.toTraffic(body, day);
    // A gateway whose clock is a little ahead is in the next month already.
    const month = Math.max(monthOfDay(day), monthOfDay(today));
    const { id, accountId, rootId = id } = report.token;
    const tokens = { rootId, ...(accountId !== undefined && { accountId }) };
    const before = this.months.find(tokens, month);
    const status = await this.traffic.add(report, key, now);
    if (status === 'conflict') {
      throw new TollgateError('conflict', 'this Idempotency-Key came with another report before');
    }
    const isOfMonth = status === 'counted' && monthOfDay(day) === month;
    const added = isOfMonth ? body.trafficIn + body.trafficOut : 0;
    try {
      const bytes = await this.months.totalAfter(tokens, month, before, added);
      return { status, ...(bytes !== undefined && { month: { name: monthName(month), bytes } }) };
    } catch {
      // The report is counted, which is what its sender must know.
      return { status };
    }
  }

  /** Traffic of one token of an account. */
  totals(
    accountId: string,
    tokenId: string,
    days: TrafficDays,
    grouping: TrafficGrouping,
  ): Promise<readonly TrafficTotal[]> {
    return this.traffic.totals(accountId, tokenId, days, grouping);
  }

  /** The same for an operator: whoever's the token is or was. */
  totalsAcrossAccounts(
    tokenId: string,
    days: TrafficDays,
    grouping: TrafficGrouping,
  ): Promise<readonly TrafficTotal[]> {
    return this.traffic.totalsAcrossAccounts(tokenId, days, grouping);
  }

  private toTraffic({ token, proxyName, trafficIn, trafficOut }: TrafficReportBody, day: number): ReceivedTraffic {
    const known = this.findKnown(token);
    return {
      token: known ?? { hash: sha256(token), id: derivedTunnelTokenId(token) },
      isKnownToken: known !== undefined,
      proxyName,
      inBytes: trafficIn,
      outBytes: trafficOut,
      day,
    };
  }

  private findKnown(value: string): ReportedToken | undefined {
    const found = this.managed.known.get(value);
    if (found !== undefined) {
      const { id, accountId } = found;
      return { hash: sha256(value), id, rootId: limitKeyOf(found), ...(accountId !== undefined && { accountId }) };
    }
    if (this.managed.isManaged && !this.managed.isLive) {
      // It may be a new one, of an account.
      throw new TollgateError('unavailable', 'the tunnel token store is unavailable', { retryAfterSeconds: 5 });
    }
    return undefined;
  }
}

function keyOf(idempotencyKey: string, body: TrafficReportBody): TrafficReportKey {
  const { token, region, proxyName, trafficIn, trafficOut, timestamp } = body;
  const fingerprint = sha256(JSON.stringify([token, region, proxyName, trafficIn, trafficOut, timestamp]));
  return { hash: sha256(idempotencyKey), fingerprint };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

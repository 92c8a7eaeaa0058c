import type { Log } from '@tollgate/observability';
import { limitKeyOf, type TunnelToken } from '@tollgate/tunnel-tokens';
import { monthOf, type QuotaLevel } from './month-totals';
import type { TrafficOutbox } from './traffic-outbox';

const WARN_SHARE = 0.8;

/** A part of a token's month that is counted by itself. */
export interface MonthShare {
  /** Bytes in both directions that the receiver of reports has counted, or may have, and tells all gateways of. */
  readonly acknowledged: number;
  /** Those that it has not. */
  readonly rest: number;
}

/** What is counted for a token beside this gateway's own. Asked for each new connection: it answers at once. */
export abstract class MonthlyUsageSource {
  /**
   * @param limitKey see `limitKeyOf`
   * @param month a calendar month in UTC, see `monthOf`
   */
  abstract shareOf(limitKey: string, month: number): MonthShare;
}

/** For a gateway that has its counts in one place. */
export class OwnShareOnly extends MonthlyUsageSource {
  override shareOf(): MonthShare {
    return { acknowledged: 0, rest: 0 };
  }
}

/** `warned` from 80 % of the month's traffic on; at 100 % new connections are refused or slow, by the token's policy. */
export type QuotaState = 'ok' | 'warned' | 'used-up';

const STATES = ['ok', 'warned', 'used-up'] as const satisfies readonly QuotaState[];

/** How far tokens have used up their month. */
export class MonthlyUsage {
  private warnedCount = 0;
  private usedUpCount = 0;

  constructor(
    private readonly outbox: TrafficOutbox,
    private readonly others: MonthlyUsageSource,
    private readonly log: Log,
  ) {}

  /** Tokens that came to 80 % in this run. */
  get warned(): number {
    return this.warnedCount;
  }

  /** Tokens that came to 100 % in this run. */
  get usedUp(): number {
    return this.usedUpCount;
  }

  /**
   * Bytes of a token, and of those that it was rotated from or to, in the present month: own ones up to the last look at the counters,
   * those of other gateways as the receiver has told them with the last report.
   * @param limitKey see `limitKeyOf`
   * @param nowMs since the Unix epoch
   */
  bytesOf(limitKey: string, nowMs: number): number {
    const month = monthOf(nowMs);
    const { bytes = 0, elsewhere = 0 } = this.outbox.findMonth(limitKey, month) ?? {};
    const { acknowledged, rest } = this.others.shareOf(limitKey, month);
    // What the receiver has counted of the other shares is in what it has told, unless it has told nothing since.
    return bytes + Math.max(elsewhere, acknowledged) + rest;
  }

  /** @param nowMs since the Unix epoch */
  quotaState(token: TunnelToken, nowMs: number): QuotaState {
    return STATES[this.levelOf(token, nowMs)];
  }

  /** Says once a month, and for each level, that a token has come to it. Call after its traffic was counted. */
  watch(token: TunnelToken, nowMs: number): void {
    const level = this.levelOf(token, nowMs);
    const month = monthOf(nowMs);
    const limitKey = limitKeyOf(token);
    const known = this.outbox.findMonth(limitKey, month);
    if (known === undefined || level <= known.level) return;
    if (known.level === 0) this.warnedCount += 1;
    if (level === 2) this.usedUpCount += 1;
    this.outbox.setLevel(limitKey, month, level);
    const fields = { tokenId: token.id, bytes: this.bytesOf(limitKey, nowMs), limitBytes: token.monthlyTrafficBytes };
    if (level === 1) this.log.warn(fields, "80 % of a token's monthly traffic is used up");
    else this.log.warn({ ...fields, policy: token.monthlyTrafficPolicy }, "a token's monthly traffic is used up");
  }

  private levelOf(token: TunnelToken, nowMs: number): QuotaLevel {
    const limit = token.monthlyTrafficBytes ?? 0;
    if (limit === 0) return 0;
    const bytes = this.bytesOf(limitKeyOf(token), nowMs);
    if (bytes >= limit) return 2;
    return bytes >= limit * WARN_SHARE ? 1 : 0;
  }
}

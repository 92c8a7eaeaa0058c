import type { Log } from '@tollgate/observability';
import type { TunnelToken } from '@tollgate/tunnel-tokens';
import { monthOf, type QuotaLevel } from './month-totals';
import type { TrafficOutbox } from './traffic-outbox';

const WARN_SHARE = 0.8;

/** What other gateways have moved for a token. Asked for each new connection: it answers at once, from what it has last heard. */
export abstract class MonthlyUsageSource {
  /**
   * Bytes in both directions, without this gateway's own.
   * @param month a calendar month in UTC, see `monthOf`
   */
  abstract bytesElsewhere(tokenId: string, month: number): number;
}

/** For a gateway that is alone, or counts as if it were. */
export class OwnShareOnly extends MonthlyUsageSource {
  override bytesElsewhere(): number {
    return 0;
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
    private readonly elsewhere: MonthlyUsageSource,
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
   * Bytes of a token in the present month over all gateways, own ones up to the last look at the counters.
   * @param nowMs since the Unix epoch
   */
  bytesOf(tokenId: string, nowMs: number): number {
    const month = monthOf(nowMs);
    return (this.outbox.findMonth(tokenId, month)?.bytes ?? 0) + this.elsewhere.bytesElsewhere(tokenId, month);
  }

  /** @param nowMs since the Unix epoch */
  quotaState(token: TunnelToken, nowMs: number): QuotaState {
    return STATES[this.levelOf(token, nowMs)];
  }

  /** Says once a month, and for each level, that a token has come to it. Call after its traffic was counted. */
  watch(token: TunnelToken, nowMs: number): void {
    const level = this.levelOf(token, nowMs);
    const month = monthOf(nowMs);
    const known = this.outbox.findMonth(token.id, month);
    if (known === undefined || level <= known.level) return;
    if (known.level === 0) this.warnedCount += 1;
    if (level === 2) this.usedUpCount += 1;
    this.outbox.setLevel(token.id, month, level);
    const fields = { tokenId: token.id, bytes: this.bytesOf(token.id, nowMs), limitBytes: token.monthlyTrafficBytes };
    if (level === 1) this.log.warn(fields, "80 % of a token's monthly traffic is used up");
    else this.log.warn({ ...fields, policy: token.monthlyTrafficPolicy }, "a token's monthly traffic is used up");
  }

  private levelOf(token: TunnelToken, nowMs: number): QuotaLevel {
    const limit = token.monthlyTrafficBytes ?? 0;
    if (limit === 0) return 0;
    const bytes = this.bytesOf(token.id, nowMs);
    if (bytes >= limit) return 2;
    return bytes >= limit * WARN_SHARE ? 1 : 0;
  }
}

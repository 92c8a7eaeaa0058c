import { Injectable } from '@nestjs/common';
import { Clock, type TrafficTotal } from '@tollgate/domain';
import { type UsageRange, usageRange } from '../../tokens/usage-range';
import { TunnelTraffic } from '../traffic/tunnel-traffic.service';
import type { TunnelOwner } from '../tunnel-owner';
import { TunnelTokensService } from '../tunnel-tokens.service';

const HOURS_PER_DAY = 24;

/** What a tunnel token has moved. */
@Injectable()
export class TunnelUsageService {
  constructor(
    private readonly traffic: TunnelTraffic,
    private readonly tokens: TunnelTokensService,
    private readonly clock: Clock,
  ) {}

  /**
   * Also of a token that is gone, where it has moved anything.
   * @throws TollgateError `not_found` for a token of somebody else exactly as for none, `invalid_request` for a range
   * that is empty or too long, `unavailable`
   */
  async find(
    owner: TunnelOwner,
    tokenId: string,
    by: 'day' | 'proxy',
    from: string | undefined,
    to: string | undefined,
  ): Promise<{ readonly range: UsageRange; readonly totals: readonly TrafficTotal[] }> {
    const range = usageRange('day', from, to, this.clock.nowMs());
    const days = { fromDay: range.fromHour / HOURS_PER_DAY, toDay: range.toHour / HOURS_PER_DAY };
    const totals =
      owner.kind === 'account'
        ? await this.traffic.totals(owner.accountId, tokenId, days, by)
        : await this.traffic.totalsAcrossAccounts(tokenId, days, by);
    if (totals.length === 0) await this.tokens.find(owner, tokenId);
    return { range, totals };
  }
}

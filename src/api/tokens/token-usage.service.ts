import { Injectable } from '@nestjs/common';
import type { AccountPrincipal } from '@tollgate/auth';
import {
  Clock,
  type Page,
  type PageRequest,
  type Token,
  TokenRepository,
  type UsageBucket,
  type UsageGranularity,
  type ValidationFilter,
  ValidationLogRepository,
  type ValidationRecord,
} from '@tollgate/domain';
import { UsageMeter } from '../validation/usage-meter.service';
import { ValidationLog } from '../validation/validation-log.service';
import { TokensService } from './tokens.service';
import { type UsageRange, usageRange } from './usage-range';

/** What a tenant asks about the use of one token. */
export interface UsageRequest {
  readonly granularity: UsageGranularity;
  /** RFC 3339 or `YYYY-MM-DD`, checked before. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * How a tenant's tokens were used: up to this moment in this process, up to a second ago in others. Every method
 * throws as {@link TokensService.find}.
 */
@Injectable()
export class TokenUsageService {
  constructor(
    private readonly tokens: TokensService,
    private readonly usage: TokenRepository,
    private readonly validations: ValidationLogRepository,
    private readonly meter: UsageMeter,
    private readonly log: ValidationLog,
    private readonly clock: Clock,
  ) {}

  /** The token with its use in the last 30 days, by the day. */
  async stats(
    tenant: AccountPrincipal,
    tokenId: string,
  ): Promise<{ readonly token: Token; readonly days: readonly UsageBucket[] }> {
    await this.meter.flush();
    const token = await this.tokens.find(tenant, tokenId);
    const { fromHour, toHour } = usageRange('day', undefined, undefined, this.clock.nowMs());
    return { token, days: await this.usage.listUsage(tenant.accountId, tokenId, 'day', fromHour, toHour) };
  }

  /** @throws TollgateError `invalid_request` for a range that is empty or too long */
  async list(
    tenant: AccountPrincipal,
    tokenId: string,
    { granularity, from, to }: UsageRequest,
  ): Promise<{ readonly range: UsageRange; readonly buckets: readonly UsageBucket[] }> {
    const range = usageRange(granularity, from, to, this.clock.nowMs());
    await this.tokens.find(tenant, tokenId);
    await this.meter.flush();
    const { fromHour, toHour } = range;
    return { range, buckets: await this.usage.listUsage(tenant.accountId, tokenId, granularity, fromHour, toHour) };
  }

  /** Single validations, newest first, as far as the account has them written down. */
  async listValidations(
    tenant: AccountPrincipal,
    tokenId: string,
    filter: ValidationFilter,
    page: PageRequest,
  ): Promise<Page<ValidationRecord>> {
    await this.tokens.find(tenant, tokenId);
    await this.log.flush();
    return this.validations.list(tenant.accountId, tokenId, filter, page);
  }
}

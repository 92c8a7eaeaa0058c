import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { AccountPrincipal } from '@tollgate/auth';
import type { z } from 'zod';
import { ApiAnswer, ApiErrors, TenantRoute } from '../http/api-decorators';
import { Tenant } from '../http/caller';
import { toPage } from '../http/fields';
import {
  addUp,
  hourText,
  resultsView,
  sumOf,
  toValidationFilter,
  tokenStats,
  tokenUsage,
  usageQuery,
  usageView,
  validationList,
  validationView,
  validationsQuery,
} from './token-usage.schemas';
import { TokenUsageService } from './token-usage.service';

const ID = { name: 'id', example: 'tk_4fJ8sQ2mZk1xWc9vB7nR0L' };

@ApiTags('Tokens')
@Controller('api/v2/tokens')
export class TokenUsageController {
  constructor(private readonly usage: TokenUsageService) {}

  @Get(':id/stats')
  @TenantRoute()
  @ApiOperation({ summary: 'Show how often a token was used in the last 30 days' })
  @ApiParam(ID)
  @ApiAnswer(200, tokenStats)
  @ApiErrors(404)
  async stats(@Tenant() tenant: AccountPrincipal, @Param('id') id: string): Promise<z.output<typeof tokenStats>> {
    const { token, days } = await this.usage.stats(tenant, id);
    const daily = days.map(({ startHour, counts }) => ({
      date: hourText(startHour).slice(0, 10),
      requests: counts.valid ?? 0,
    }));
    return {
      token_id: token.id,
      total_requests: token.totalRequests,
      ...(token.lastUsedAt === undefined ? {} : { last_used_at: token.lastUsedAt.toISOString() }),
      created_at: token.createdAt.toISOString(),
      daily_stats: daily.filter(({ requests }) => requests > 0),
      results: resultsView(addUp(days)),
    };
  }

  @Get(':id/usage')
  @TenantRoute()
  @ApiOperation({ summary: 'Show how validations of a token ended, by the hour or the day' })
  @ApiParam(ID)
  @ApiAnswer(200, tokenUsage)
  @ApiErrors(404)
  async list(
    @Tenant() tenant: AccountPrincipal,
    @Param('id') id: string,
    @Query({ schema: usageQuery }) query: z.output<typeof usageQuery>,
  ): Promise<z.output<typeof tokenUsage>> {
    const { range, buckets } = await this.usage.list(tenant, id, query);
    return {
      token_id: id,
      granularity: query.granularity,
      from: hourText(range.fromHour),
      to: hourText(range.toHour),
      usage: buckets.map(usageView),
      total: sumOf(addUp(buckets)),
    };
  }

  @Get(':id/validations')
  @TenantRoute()
  @ApiOperation({
    summary: 'List single validations of a token, newest first',
    description: 'Only an account that has its validation log switched on has any.',
  })
  @ApiParam(ID)
  @ApiAnswer(200, validationList)
  @ApiErrors(404)
  async validations(
    @Tenant() tenant: AccountPrincipal,
    @Param('id') id: string,
    @Query({ schema: validationsQuery }) query: z.output<typeof validationsQuery>,
  ): Promise<z.output<typeof validationList>> {
    const { items, total } = await this.usage.listValidations(tenant, id, toValidationFilter(query), toPage(query));
    return { token_id: id, validations: items.map(validationView), total };
  }
}

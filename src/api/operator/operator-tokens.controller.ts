import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Clock } from '@tollgate/domain';
import type { z } from 'zod';
import { Audited } from '../audit/audited.decorator';
import { ApiAnswer, ApiErrors, OperatorRoute } from '../http/api-decorators';
import { type Caller, RequestCaller } from '../http/caller';
import { toPage, toRateLimit } from '../http/fields';
import { isActiveOnly, tokenDetail, tokenDetailView, tokenItemView } from '../tokens/token.schemas';
import { operatorTokenList, operatorTokensQuery, setRateLimitBody } from './operator.schemas';
import { OperatorTokensService } from './operator-tokens.service';

const ACCOUNT_ID = { name: 'id', example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' };

@ApiTags('Operator')
@Controller('api/v2/admin/accounts/:id/tokens')
export class OperatorTokensController {
  constructor(
    private readonly tokens: OperatorTokensService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @OperatorRoute()
  @ApiOperation({ summary: 'List the tokens of an account, newest first' })
  @ApiParam(ACCOUNT_ID)
  @ApiAnswer(200, operatorTokenList)
  @ApiErrors(404)
  async list(
    @Param('id') id: string,
    @Query({ schema: operatorTokensQuery }) query: z.output<typeof operatorTokensQuery>,
  ): Promise<z.output<typeof operatorTokenList>> {
    const page = toPage(query);
    const { items, total } = await this.tokens.list(id, isActiveOnly(query), page);
    const now = this.clock.now();
    return { account_id: id, tokens: items.map((token) => tokenItemView(token, now)), total, ...page };
  }

  @Put(':tokenId/rate-limit')
  @OperatorRoute()
  @Audited('update_token_rate_limit')
  @ApiOperation({ summary: 'Set or take away the limits of a token' })
  @ApiParam(ACCOUNT_ID)
  @ApiParam({ name: 'tokenId', example: 'tk_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, tokenDetail)
  @ApiErrors(404)
  async setRateLimit(
    @Param('id') id: string,
    @Param('tokenId') tokenId: string,
    @Body({ schema: setRateLimitBody }) body: z.output<typeof setRateLimitBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tokenDetail>> {
    const token = await this.tokens.setRateLimit(id, tokenId, toRateLimit(body.rate_limit), caller);
    return tokenDetailView(token, this.clock.now());
  }
}

import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { AccountPrincipal } from '@tollgate/auth';
import { Clock } from '@tollgate/domain';
import type { z } from 'zod';
import { Audited } from '../audit/audited.decorator';
import { ApiAnswer, ApiErrors, TenantRoute } from '../http/api-decorators';
import { type Caller, RequestCaller, Tenant } from '../http/caller';
import { rateLimitView, toPage, toRateLimit } from '../http/fields';
import {
  createTokenBody,
  createdToken,
  isActiveOnly,
  listTokensQuery,
  setStatusBody,
  tokenDeleted,
  tokenDetail,
  tokenDetailView,
  tokenItemView,
  tokenList,
  tokenStatusChanged,
  updateTokenBody,
} from './token.schemas';
import { TokensService } from './tokens.service';

@ApiTags('Tokens')
@Controller('api/v2/tokens')
export class TokensController {
  constructor(
    private readonly tokens: TokensService,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(201)
  @TenantRoute()
  @Audited('create_token')
  @ApiOperation({ summary: 'Create a token; its value is shown once' })
  @ApiAnswer(201, createdToken)
  async create(
    @Tenant() tenant: AccountPrincipal,
    @Body({ schema: createTokenBody }) body: z.output<typeof createTokenBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof createdToken>> {
    const input = {
      description: body.description,
      scopes: body.scope ?? [],
      expiry: body,
      prefix: body.prefix ?? undefined,
      rateLimit: toRateLimit(body.rate_limit),
    };
    const { token, value } = await this.tokens.create(tenant, input, caller);
    return {
      token_id: token.id,
      token: value,
      account_id: token.accountId,
      description: token.description,
      scope: [...token.scopes],
      ...(token.rateLimit === undefined ? {} : { rate_limit: rateLimitView(token.rateLimit) }),
      created_at: token.createdAt.toISOString(),
      ...(token.expiresAt === undefined ? {} : { expires_at: token.expiresAt.toISOString() }),
      is_active: token.isActive,
    };
  }

  @Get()
  @TenantRoute()
  @ApiOperation({ summary: 'List your tokens, newest first' })
  @ApiAnswer(200, tokenList)
  async list(
    @Tenant() tenant: AccountPrincipal,
    @Query({ schema: listTokensQuery }) query: z.output<typeof listTokensQuery>,
  ): Promise<z.output<typeof tokenList>> {
    const { items, total } = await this.tokens.list(tenant, isActiveOnly(query), toPage(query));
    const now = this.clock.now();
    return { account_id: tenant.accountId, tokens: items.map((token) => tokenItemView(token, now)), total };
  }

  @Get(':id')
  @TenantRoute()
  @ApiOperation({ summary: 'Show a token' })
  @ApiParam({ name: 'id', example: 'tk_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, tokenDetail)
  @ApiErrors(404)
  async detail(@Tenant() tenant: AccountPrincipal, @Param('id') id: string): Promise<z.output<typeof tokenDetail>> {
    return tokenDetailView(await this.tokens.find(tenant, id), this.clock.now());
  }

  @Patch(':id')
  @TenantRoute()
  @Audited('update_token')
  @ApiOperation({ summary: 'Change the description or the scopes of a token, at once' })
  @ApiParam({ name: 'id', example: 'tk_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, tokenDetail)
  @ApiErrors(404)
  async update(
    @Tenant() tenant: AccountPrincipal,
    @Param('id') id: string,
    @Body({ schema: updateTokenBody }) body: z.output<typeof updateTokenBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tokenDetail>> {
    const edit = { description: body.description, scopes: body.scope };
    return tokenDetailView(await this.tokens.update(tenant, id, edit, caller), this.clock.now());
  }

  @Put(':id/status')
  @TenantRoute()
  @Audited('update_token')
  @ApiOperation({ summary: 'Enable or disable a token' })
  @ApiParam({ name: 'id', example: 'tk_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, tokenStatusChanged)
  @ApiErrors(404)
  async setStatus(
    @Tenant() tenant: AccountPrincipal,
    @Param('id') id: string,
    @Body({ schema: setStatusBody }) body: z.output<typeof setStatusBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tokenStatusChanged>> {
    const token = await this.tokens.setActive(tenant, id, body.is_active, caller);
    return {
      message: 'Token status updated successfully',
      token_id: token.id,
      is_active: token.isActive,
      updated_at: token.updatedAt.toISOString(),
    };
  }

  @Delete(':id')
  @TenantRoute()
  @Audited('delete_token')
  @ApiOperation({ summary: 'Delete a token' })
  @ApiParam({ name: 'id', example: 'tk_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, tokenDeleted)
  @ApiErrors(404)
  async delete(
    @Tenant() tenant: AccountPrincipal,
    @Param('id') id: string,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tokenDeleted>> {
    await this.tokens.delete(tenant, id, caller);
    return { message: 'Token deleted successfully' };
  }
}

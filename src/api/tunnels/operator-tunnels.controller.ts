import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Clock } from '@tollgate/domain';
import type { z } from 'zod';
import { Audited } from '../audit/audited.decorator';
import { ApiAnswer, ApiErrors, OperatorRoute } from '../http/api-decorators';
import { type Caller, RequestCaller } from '../http/caller';
import { toPage } from '../http/fields';
import {
  DEFAULT_OVERLAP_SECONDS,
  createdTunnelToken,
  operatorCreateTunnelBody,
  operatorTunnelsQuery,
  rotateTunnelBody,
  rotatedTunnelToken,
  tunnelToken,
  tunnelTokenDeleted,
  tunnelTokenList,
  updateTunnelBody,
} from './tunnel.schemas';
import { OPERATOR } from './tunnel-owner';
import { rotatedView, tunnelTokenView } from './tunnel-token-view';
import { TunnelTokensService } from './tunnel-tokens.service';

const ID = { name: 'id', example: 'tt_4fJ8sQ2mZk1xWc9vB7nR0L' };

/** Everybody's tunnel tokens, and those that were written by hand, for operators. */
@ApiTags('Operator')
@Controller('api/v2/admin/tunnels')
export class OperatorTunnelsController {
  constructor(
    private readonly tunnels: TunnelTokensService,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(201)
  @OperatorRoute()
  @Audited('create_tunnel_token')
  @ApiOperation({ summary: 'Create a tunnel token for an account or for nobody; its value is shown once' })
  @ApiAnswer(201, createdTunnelToken)
  @ApiErrors(403, 404, 409, 501, 503)
  async create(
    @Body({ schema: operatorCreateTunnelBody }) body: z.output<typeof operatorCreateTunnelBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof createdTunnelToken>> {
    const { account_id: accountId, ...fields } = body ?? {};
    const made = await this.tunnels.create(OPERATOR, accountId, fields, caller);
    return { ...tunnelTokenView(made, this.clock.now()), token: made.token };
  }

  @Get()
  @OperatorRoute()
  @ApiOperation({
    summary: 'List tunnel tokens, newest first',
    description: 'Of all accounts and of nobody, or of one account.',
  })
  @ApiAnswer(200, tunnelTokenList)
  @ApiErrors(501, 503)
  async list(
    @Query({ schema: operatorTunnelsQuery }) query: z.output<typeof operatorTunnelsQuery>,
  ): Promise<z.output<typeof tunnelTokenList>> {
    const page = toPage(query);
    const filter = {
      ...(query.search === undefined ? {} : { search: query.search }),
      ...(query.account_id === undefined ? {} : { accountId: query.account_id }),
    };
    const { items, total } = await this.tunnels.list(OPERATOR, filter, page);
    const now = this.clock.now();
    return { tunnels: items.map((token) => tunnelTokenView(token, now)), total, ...page };
  }

  @Get(':id')
  @OperatorRoute()
  @ApiOperation({ summary: 'Show a tunnel token' })
  @ApiParam(ID)
  @ApiAnswer(200, tunnelToken)
  @ApiErrors(404, 501, 503)
  async detail(@Param('id') id: string): Promise<z.output<typeof tunnelToken>> {
    return tunnelTokenView(await this.tunnels.find(OPERATOR, id), this.clock.now());
  }

  @Patch(':id')
  @OperatorRoute()
  @Audited('update_tunnel_token')
  @ApiOperation({ summary: 'Change, enable or disable a tunnel token of anybody' })
  @ApiParam(ID)
  @ApiAnswer(200, tunnelToken)
  @ApiErrors(404, 409, 501, 503)
  async update(
    @Param('id') id: string,
    @Body({ schema: updateTunnelBody }) body: z.output<typeof updateTunnelBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tunnelToken>> {
    return tunnelTokenView(await this.tunnels.update(OPERATOR, id, body, caller), this.clock.now());
  }

  @Post(':id/rotate')
  @HttpCode(201)
  @OperatorRoute()
  @Audited('rotate_tunnel_token')
  @ApiOperation({ summary: 'Replace a tunnel token of anybody by a new one with the same settings' })
  @ApiParam(ID)
  @ApiAnswer(201, rotatedTunnelToken)
  @ApiErrors(404, 409, 501, 503)
  async rotate(
    @Param('id') id: string,
    @Body({ schema: rotateTunnelBody }) body: z.output<typeof rotateTunnelBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof rotatedTunnelToken>> {
    const overlapSeconds = body?.overlap_seconds ?? DEFAULT_OVERLAP_SECONDS;
    return rotatedView(await this.tunnels.rotate(OPERATOR, id, overlapSeconds, caller), this.clock.now());
  }

  @Delete(':id')
  @OperatorRoute()
  @Audited('delete_tunnel_token')
  @ApiOperation({ summary: 'Delete a tunnel token of anybody; its clients are cut off at once' })
  @ApiParam(ID)
  @ApiAnswer(200, tunnelTokenDeleted)
  @ApiErrors(404, 501, 503)
  async delete(@Param('id') id: string, @RequestCaller() caller: Caller): Promise<z.output<typeof tunnelTokenDeleted>> {
    await this.tunnels.delete(OPERATOR, id, caller);
    return { message: 'Tunnel token deleted successfully' };
  }
}

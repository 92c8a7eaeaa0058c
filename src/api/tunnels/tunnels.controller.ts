import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { AccountPrincipal } from '@tollgate/auth';
import { Clock } from '@tollgate/domain';
import type { z } from 'zod';
import { Audited } from '../audit/audited.decorator';
import { ApiAnswer, ApiErrors } from '../http/api-decorators';
import { type Caller, RequestCaller, Tenant } from '../http/caller';
import { toPage } from '../http/fields';
import {
  DEFAULT_OVERLAP_SECONDS,
  createdTunnelToken,
  listTunnelsQuery,
  optionalTunnelBody,
  rotateTunnelBody,
  rotatedTunnelToken,
  tunnelToken,
  tunnelTokenDeleted,
  tunnelTokenList,
  updateTunnelBody,
} from './tunnel.schemas';
import { TunnelRoute } from './tunnel-access';
import { tunnelOwnerOf } from './tunnel-owner';
import { rotatedView, tunnelTokenView } from './tunnel-token-view';
import { TunnelTokensService } from './tunnel-tokens.service';

const ID = { name: 'id', example: 'tt_4fJ8sQ2mZk1xWc9vB7nR0L' };

/** An account's own tunnel tokens. */
@ApiTags('Tunnels')
@Controller('api/v2/tunnels')
export class TunnelsController {
  constructor(
    private readonly tunnels: TunnelTokensService,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(201)
  @TunnelRoute('tunnel:write')
  @Audited('create_tunnel_token')
  @ApiOperation({ summary: 'Create a tunnel token; its value is shown once' })
  @ApiAnswer(201, createdTunnelToken)
  @ApiErrors(409)
  async create(
    @Tenant() tenant: AccountPrincipal,
    @Body({ schema: optionalTunnelBody }) body: z.output<typeof optionalTunnelBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof createdTunnelToken>> {
    const made = await this.tunnels.create(tunnelOwnerOf(tenant), tenant.accountId, body ?? {}, caller);
    return { ...tunnelTokenView(made, this.clock.now()), token: made.token };
  }

  @Get()
  @TunnelRoute('tunnel:read')
  @ApiOperation({ summary: 'List your tunnel tokens, newest first' })
  @ApiAnswer(200, tunnelTokenList)
  async list(
    @Tenant() tenant: AccountPrincipal,
    @Query({ schema: listTunnelsQuery }) query: z.output<typeof listTunnelsQuery>,
  ): Promise<z.output<typeof tunnelTokenList>> {
    const page = toPage(query);
    const filter = query.search === undefined ? {} : { search: query.search };
    const { items, total } = await this.tunnels.list(tunnelOwnerOf(tenant), filter, page);
    const now = this.clock.now();
    return { tunnels: items.map((token) => tunnelTokenView(token, now)), total, ...page };
  }

  @Get(':id')
  @TunnelRoute('tunnel:read')
  @ApiOperation({ summary: 'Show a tunnel token' })
  @ApiParam(ID)
  @ApiAnswer(200, tunnelToken)
  @ApiErrors(404)
  async detail(@Tenant() tenant: AccountPrincipal, @Param('id') id: string): Promise<z.output<typeof tunnelToken>> {
    return tunnelTokenView(await this.tunnels.find(tunnelOwnerOf(tenant), id), this.clock.now());
  }

  @Patch(':id')
  @TunnelRoute('tunnel:write')
  @Audited('update_tunnel_token')
  @ApiOperation({
    summary: 'Change, enable or disable a tunnel token',
    description: 'Holds for the next proxy of a connected client. A disabled token cuts its clients off at once.',
  })
  @ApiParam(ID)
  @ApiAnswer(200, tunnelToken)
  @ApiErrors(404, 409)
  async update(
    @Tenant() tenant: AccountPrincipal,
    @Param('id') id: string,
    @Body({ schema: updateTunnelBody }) body: z.output<typeof updateTunnelBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tunnelToken>> {
    return tunnelTokenView(await this.tunnels.update(tunnelOwnerOf(tenant), id, body, caller), this.clock.now());
  }

  @Post(':id/rotate')
  @HttpCode(201)
  @TunnelRoute('tunnel:write')
  @Audited('rotate_tunnel_token')
  @ApiOperation({
    summary: 'Replace a tunnel token by a new one with the same settings',
    description: 'The new value is shown once. The old one works beside it for a while.',
  })
  @ApiParam(ID)
  @ApiAnswer(201, rotatedTunnelToken)
  @ApiErrors(404, 409)
  async rotate(
    @Tenant() tenant: AccountPrincipal,
    @Param('id') id: string,
    @Body({ schema: rotateTunnelBody }) body: z.output<typeof rotateTunnelBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof rotatedTunnelToken>> {
    const overlapSeconds = body?.overlap_seconds ?? DEFAULT_OVERLAP_SECONDS;
    const rotated = await this.tunnels.rotate(tunnelOwnerOf(tenant), id, overlapSeconds, caller);
    return rotatedView(rotated, this.clock.now());
  }

  @Delete(':id')
  @TunnelRoute('tunnel:write')
  @Audited('delete_tunnel_token')
  @ApiOperation({ summary: 'Delete a tunnel token; its clients are cut off at once' })
  @ApiParam(ID)
  @ApiAnswer(200, tunnelTokenDeleted)
  @ApiErrors(404)
  async delete(
    @Tenant() tenant: AccountPrincipal,
    @Param('id') id: string,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tunnelTokenDeleted>> {
    await this.tunnels.delete(tunnelOwnerOf(tenant), id, caller);
    return { message: 'Tunnel token deleted successfully' };
  }
}

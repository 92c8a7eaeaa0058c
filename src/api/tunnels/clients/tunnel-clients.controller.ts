import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { AccountPrincipal } from '@tollgate/auth';
import type { z } from 'zod';
import { Audited } from '../../audit/audited.decorator';
import { ApiAnswer, ApiErrors } from '../../http/api-decorators';
import { type Caller, RequestCaller, Tenant } from '../../http/caller';
import { toPage } from '../../http/fields';
import { TunnelRoute } from '../tunnel-access';
import { tunnelOwnerOf } from '../tunnel-owner';
import {
  KICKED,
  kickBody,
  listClientsQuery,
  toKick,
  tunnelClientKicked,
  tunnelClientList,
  tunnelClientView,
} from './tunnel-client.schemas';
import { TunnelClientsService } from './tunnel-clients.service';

/** Who is connected with an account's tunnel tokens. */
@ApiTags('Tunnels')
@Controller('api/v2/tunnels')
export class TunnelClientsController {
  constructor(private readonly clients: TunnelClientsService) {}

  @Get('clients')
  @TunnelRoute('tunnel:read')
  @ApiOperation({
    summary: 'List who is connected with your tunnel tokens, longest first',
    description: 'Over all gateways, with live counts that are a few seconds old at most.',
  })
  @ApiAnswer(200, tunnelClientList)
  async list(
    @Tenant() tenant: AccountPrincipal,
    @Query({ schema: listClientsQuery }) query: z.output<typeof listClientsQuery>,
  ): Promise<z.output<typeof tunnelClientList>> {
    const page = toPage(query);
    const { items, total } = await this.clients.list(tunnelOwnerOf(tenant), query.token_id, page);
    return { clients: items.map(tunnelClientView), total, ...page };
  }

  @Post('clients/:runId/kick')
  @HttpCode(200)
  @TunnelRoute('tunnel:write')
  @Audited('kick_tunnel_client')
  @ApiOperation({ summary: 'Disconnect a client, and refuse it for a while' })
  @ApiParam({ name: 'runId', example: 'a3f1c09b2d4e5f67' })
  @ApiAnswer(200, tunnelClientKicked)
  @ApiErrors(404)
  async kickClient(
    @Tenant() tenant: AccountPrincipal,
    @Param('runId') runId: string,
    @Body({ schema: kickBody }) body: z.output<typeof kickBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tunnelClientKicked>> {
    await this.clients.kickClient(tunnelOwnerOf(tenant), runId, toKick(body), caller);
    return KICKED;
  }

  @Post(':id/kick')
  @HttpCode(200)
  @TunnelRoute('tunnel:write')
  @Audited('kick_tunnel_client')
  @ApiOperation({ summary: 'Disconnect all clients of a tunnel token, and refuse them for a while' })
  @ApiParam({ name: 'id', example: 'tt_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, tunnelClientKicked)
  @ApiErrors(404)
  async kickToken(
    @Tenant() tenant: AccountPrincipal,
    @Param('id') id: string,
    @Body({ schema: kickBody }) body: z.output<typeof kickBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tunnelClientKicked>> {
    await this.clients.kickToken(tunnelOwnerOf(tenant), id, toKick(body), caller);
    return KICKED;
  }
}

import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Audited } from '../../audit/audited.decorator';
import { ApiAnswer, ApiErrors, OperatorRoute } from '../../http/api-decorators';
import { type Caller, RequestCaller } from '../../http/caller';
import { toPage } from '../../http/fields';
import { OPERATOR } from '../tunnel-owner';
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

/** Who is connected with any tunnel token, for operators. */
@ApiTags('Operator')
@Controller('api/v2/admin/tunnels')
export class OperatorTunnelClientsController {
  constructor(private readonly clients: TunnelClientsService) {}

  @Get('clients')
  @OperatorRoute()
  @ApiOperation({ summary: 'List who is connected to the gateways, longest first' })
  @ApiAnswer(200, tunnelClientList)
  @ApiErrors(501, 503)
  async list(
    @Query({ schema: listClientsQuery }) query: z.output<typeof listClientsQuery>,
  ): Promise<z.output<typeof tunnelClientList>> {
    const page = toPage(query);
    const { items, total } = await this.clients.list(OPERATOR, query.token_id, page);
    return { clients: items.map(tunnelClientView), total, ...page };
  }

  @Post('clients/:runId/kick')
  @HttpCode(200)
  @OperatorRoute()
  @Audited('kick_tunnel_client')
  @ApiOperation({ summary: 'Disconnect the clients with a run id, and refuse them for a while' })
  @ApiParam({ name: 'runId', example: 'a3f1c09b2d4e5f67' })
  @ApiAnswer(200, tunnelClientKicked)
  @ApiErrors(404, 501, 503)
  async kickClient(
    @Param('runId') runId: string,
    @Body({ schema: kickBody }) body: z.output<typeof kickBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tunnelClientKicked>> {
    await this.clients.kickClient(OPERATOR, runId, toKick(body), caller);
    return KICKED;
  }

  @Post(':id/kick')
  @HttpCode(200)
  @OperatorRoute()
  @Audited('kick_tunnel_client')
  @ApiOperation({ summary: 'Disconnect all clients of a tunnel token of anybody, and refuse them for a while' })
  @ApiParam({ name: 'id', example: 'tt_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, tunnelClientKicked)
  @ApiErrors(404, 501, 503)
  async kickToken(
    @Param('id') id: string,
    @Body({ schema: kickBody }) body: z.output<typeof kickBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof tunnelClientKicked>> {
    await this.clients.kickToken(OPERATOR, id, toKick(body), caller);
    return KICKED;
  }
}

import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { ApiAnswer, ApiErrors, OperatorRoute } from '../../http/api-decorators';
import { OPERATOR } from '../tunnel-owner';
import { tunnelTraffic, tunnelTrafficQuery, tunnelTrafficView } from './tunnel-usage.schemas';
import { TunnelUsageService } from './tunnel-usage.service';

/** What any tunnel token has moved, for operators. */
@ApiTags('Operator')
@Controller('api/v2/admin/tunnels')
export class OperatorTunnelUsageController {
  constructor(private readonly usage: TunnelUsageService) {}

  @Get(':id/traffic')
  @OperatorRoute()
  @ApiOperation({ summary: 'Traffic of a tunnel token of anybody by UTC day or by proxy' })
  @ApiParam({ name: 'id', example: 'tt_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, tunnelTraffic)
  @ApiErrors(404, 501, 503)
  async detail(
    @Param('id') id: string,
    @Query({ schema: tunnelTrafficQuery }) { by, from, to }: z.output<typeof tunnelTrafficQuery>,
  ): Promise<z.output<typeof tunnelTraffic>> {
    const { range, totals } = await this.usage.find(OPERATOR, id, by, from, to);
    return tunnelTrafficView(id, by, range, totals);
  }
}

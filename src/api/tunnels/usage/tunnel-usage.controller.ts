import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { AccountPrincipal } from '@tollgate/auth';
import type { z } from 'zod';
import { ApiAnswer, ApiErrors } from '../../http/api-decorators';
import { Tenant } from '../../http/caller';
import { TunnelRoute } from '../tunnel-access';
import { tunnelOwnerOf } from '../tunnel-owner';
import { tunnelTraffic, tunnelTrafficQuery, tunnelTrafficView } from './tunnel-usage.schemas';
import { TunnelUsageService } from './tunnel-usage.service';

/** What an account's tunnel tokens have moved. */
@ApiTags('Tunnels')
@Controller('api/v2/tunnels')
export class TunnelUsageController {
  constructor(private readonly usage: TunnelUsageService) {}

  @Get(':id/traffic')
  @TunnelRoute('tunnel:read')
  @ApiOperation({ summary: 'Traffic of a tunnel token by UTC day or by proxy' })
  @ApiParam({ name: 'id', example: 'tt_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, tunnelTraffic)
  @ApiErrors(404)
  async detail(
    @Tenant() tenant: AccountPrincipal,
    @Param('id') id: string,
    @Query({ schema: tunnelTrafficQuery }) { by, from, to }: z.output<typeof tunnelTrafficQuery>,
  ): Promise<z.output<typeof tunnelTraffic>> {
    const { range, totals } = await this.usage.find(tunnelOwnerOf(tenant), id, by, from, to);
    return tunnelTrafficView(id, by, range, totals);
  }
}

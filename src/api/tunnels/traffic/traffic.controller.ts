import { Body, Controller, Headers, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { TollgateError } from '@tollgate/domain';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { ApiAnswer, ApiErrors } from '../../http/api-decorators';
import { TrafficReportGate } from './traffic-report-gate.guard';
import { trafficReceipt, trafficReportBody } from './traffic.schemas';
import { TunnelTraffic } from './tunnel-traffic.service';

const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

@ApiTags('Tunnels')
@Controller('traffic')
export class TrafficController {
  constructor(private readonly traffic: TunnelTraffic) {}

  @Post('report')
  @HttpCode(200)
  @UseGuards(TrafficReportGate)
  @ApiSecurity('traffic-report-key')
  @ApiOperation({
    summary: 'Take what a proxy of a tunnel token has moved, from a gateway',
    description:
      'With an `Idempotency-Key` a report counts once, however often it comes within 35 days; without one each counts. A 503 is ' +
      'answered where TRAFFIC_REPORT_KEY is not set, too.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: '1 to 255 printable ASCII characters.' })
  @ApiAnswer(200, trafficReceipt)
  @ApiErrors(400, 401, 409, 503)
  async report(
    @Body({ schema: trafficReportBody }) body: z.output<typeof trafficReportBody>,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.output<typeof trafficReceipt>> {
    if (key !== undefined && !KEY_PATTERN.test(key)) {
      throw new TollgateError('invalid_request', 'Idempotency-Key: must be 1 to 255 printable ASCII characters');
    }
    const { status, month } = await this.traffic.record(body, key);
    if (status === 'repeated') void reply.header('idempotent-replayed', 'true');
    return { status, ...(month !== undefined && { month: month.name, monthTraffic: month.bytes }) };
  }
}

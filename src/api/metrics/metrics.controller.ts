import { Controller, Get, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { MetricsGuard } from './metrics-access';
import { MetricsService } from './metrics.service';

@ApiTags('Health')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @Get()
  @UseGuards(MetricsGuard)
  @ApiOperation({
    summary: 'Tell figures of the running service',
    description: 'For Prometheus. From this machine itself, and from the networks in METRICS_ALLOW.',
  })
  @ApiProduces('text/plain')
  @ApiResponse({
    status: 200,
    description: 'Text format 0.0.4',
    content: { 'text/plain': { schema: { type: 'string' }, example: 'tollgate_validations_total{result="valid"} 42' } },
  })
  @ApiResponse({
    status: 403,
    description: 'The address may not read metrics.',
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        example: { error: 'permission denied', code: 403, timestamp: '2026-01-04T10:00:00.000Z' },
      },
    },
  })
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const text = await this.metrics.text();
    void reply.header('content-type', this.metrics.contentType);
    return text;
  }
}

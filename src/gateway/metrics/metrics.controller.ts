import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';
import { MetricsSource } from './metrics-source';

/** Figures for Prometheus, on the admin port, which is not for strangers. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly source: MetricsSource) {}

  @Get()
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const text = await this.source.read();
    void reply.header('content-type', Registry.PROMETHEUS_CONTENT_TYPE);
    return text;
  }
}

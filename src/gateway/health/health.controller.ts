import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { type GatewayHealth, HealthSource } from './gateway-health';

/** Tells a balancer or a watchdog whether the gateway serves. */
@Controller('healthz')
export class HealthController {
  constructor(private readonly source: HealthSource) {}

  @Get()
  async show(@Res({ passthrough: true }) reply: FastifyReply): Promise<GatewayHealth> {
    const health = await this.source.read();
    if (health.status === 'unavailable') void reply.status(503);
    return health;
  }
}

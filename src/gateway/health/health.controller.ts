import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { type GatewayHealth, GatewayHealthService } from './gateway-health.service';

/** Tells a balancer or a watchdog whether the gateway serves. */
@Controller('healthz')
export class HealthController {
  constructor(private readonly health: GatewayHealthService) {}

  @Get()
  show(@Res({ passthrough: true }) reply: FastifyReply): GatewayHealth {
    const health = this.health.read();
    if (health.status === 'unavailable') void reply.status(503);
    return health;
  }
}

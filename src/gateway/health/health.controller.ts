import { Controller, Get } from '@nestjs/common';
import { GatewayConfig } from '../gateway.config';

/** What `/healthz` answers. */
export interface GatewayHealth {
  readonly status: 'ok';
  /** The gateway takes no frp clients until it has a listener. */
  readonly listener: 'not configured';
  readonly bind_port: number;
}

/** Tells a balancer or a watchdog that the process answers. */
@Controller('healthz')
export class HealthController {
  constructor(private readonly config: GatewayConfig) {}

  @Get()
  show(): GatewayHealth {
    return { status: 'ok', listener: 'not configured', bind_port: this.config.bindPort };
  }
}

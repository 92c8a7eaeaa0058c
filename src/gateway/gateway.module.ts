import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Clock, SystemClock } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { ErrorFilter } from './errors/error.filter';
import { GatewayConfig } from './gateway.config';
import { HealthController } from './health/health.controller';

@Module({})
export class GatewayModule {
  static forRoot(config: GatewayConfig, log: Log): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [HealthController],
      providers: [
        { provide: GatewayConfig, useValue: config },
        { provide: Log, useValue: log },
        { provide: Clock, useClass: SystemClock },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}

import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Clock } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { ErrorFilter } from './errors/error.filter';
import { HealthSource } from './health/gateway-health';
import { HealthController } from './health/health.controller';
import { MetricsSource } from './metrics/metrics-source';
import { MetricsController } from './metrics/metrics.controller';

/** What the admin port tells of. */
export interface AdminParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly health: HealthSource;
  readonly metrics: MetricsSource;
}

/** The admin port: health and figures of the gateway's parts, which live without it. */
@Module({})
export class GatewayModule {
  static forRoot({ log, clock, health, metrics }: AdminParts): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: Log, useValue: log },
        { provide: Clock, useValue: clock },
        { provide: HealthSource, useValue: health },
        { provide: MetricsSource, useValue: metrics },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}

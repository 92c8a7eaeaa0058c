import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Clock } from '@tollgate/domain';
import { Log, addProcessMetrics } from '@tollgate/observability';
import { TenantTokenSource } from '@tollgate/tunnel-tokens';
import { type Counter, Registry } from 'prom-client';
import { GatewayConfig } from './config/gateway-config';
import { ErrorFilter } from './errors/error.filter';
import { GatewayHealthService } from './health/gateway-health.service';
import { HealthController } from './health/health.controller';
import { sourceReadings, trafficReadings, tunnelReadings } from './metrics/gateway-readings';
import type { LoginMetrics } from './metrics/login-metrics';
import { MetricsController } from './metrics/metrics.controller';
import type { TenantBytes } from './metrics/tenant-bytes';
import { GatewayTraffic } from './traffic/gateway-traffic';
import { TunnelServer } from './tunnel-server';

/** What the admin port tells of. */
export interface GatewayParts {
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly source: TenantTokenSource;
  readonly traffic: GatewayTraffic;
  readonly tunnels: TunnelServer;
  readonly logins: LoginMetrics;
  readonly bytes: TenantBytes;
}

/** The admin port: health and figures of the gateway's parts, which live without it. */
@Module({})
export class GatewayModule {
  static forRoot(parts: GatewayParts): DynamicModule {
    const { config, log, clock, source, traffic, tunnels } = parts;
    return {
      module: GatewayModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: GatewayConfig, useValue: config },
        { provide: Log, useValue: log },
        { provide: Clock, useValue: clock },
        { provide: TenantTokenSource, useValue: source },
        { provide: GatewayTraffic, useValue: traffic },
        { provide: TunnelServer, useValue: tunnels },
        { provide: Registry, useValue: registryOf(parts) },
        { provide: APP_FILTER, useClass: ErrorFilter },
        GatewayHealthService,
      ],
    };
  }
}

function registryOf({ source, traffic, tunnels, logins, bytes }: GatewayParts): Registry {
  const registry = new Registry();
  addProcessMetrics(registry);
  const readings = [...tunnelReadings(tunnels, logins), ...sourceReadings(source), ...trafficReadings(traffic, bytes)];
  // A registry asks no more of a metric than a ReadMetric has; its type names prom-client's own classes.
  for (const reading of readings) registry.registerMetric(reading as unknown as Counter);
  return registry;
}

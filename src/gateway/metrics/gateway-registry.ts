import { addProcessMetrics } from '@tollgate/observability';
import type { TenantTokenSource } from '@tollgate/tunnel-tokens';
import { type Counter, Registry } from 'prom-client';
import type { GatewayTraffic } from '../traffic/gateway-traffic';
import type { TunnelServer } from '../tunnel-server';
import { sourceReadings, trafficReadings, tunnelReadings } from './gateway-readings';
import type { LoginMetrics } from './login-metrics';
import type { TenantBytes } from './tenant-bytes';

/** What figures are read of. */
export interface MeasuredParts {
  readonly source: TenantTokenSource;
  readonly traffic: GatewayTraffic;
  readonly tunnels: TunnelServer;
  readonly logins: LoginMetrics;
  readonly bytes: TenantBytes;
}

/** The figures of this process. */
export function gatewayRegistry({ source, traffic, tunnels, logins, bytes }: MeasuredParts): Registry {
  const registry = new Registry();
  addProcessMetrics(registry);
  const readings = [...tunnelReadings(tunnels, logins), ...sourceReadings(source), ...trafficReadings(traffic, bytes)];
  // A registry asks no more of a metric than a ReadMetric has; its type names prom-client's own classes.
  for (const reading of readings) registry.registerMetric(reading as unknown as Counter);
  return registry;
}

import type { TenantTokenSource, TenantTokenSourceState } from '@tollgate/tunnel-tokens';
import type { GatewayTraffic } from '../traffic/gateway-traffic';
import type { TunnelServer } from '../tunnel-server';
import { type GatewayHealth, HealthSource } from './gateway-health';

/** Tells whether this process can do its work. */
export class TunnelHealth extends HealthSource {
  constructor(
    private readonly tunnels: TunnelServer,
    private readonly source: TenantTokenSource,
    private readonly traffic: GatewayTraffic,
  ) {
    super();
  }

  override read(): GatewayHealth {
    const { state, sinceMs } = this.source.status;
    const { outboxReports, outboxFailingSeconds } = this.traffic.readings();
    return {
      status: statusOf(state, outboxFailingSeconds),
      bind_port: this.tunnels.bindPort,
      token_source: { state, since: new Date(sinceMs).toISOString() },
      traffic_outbox: { reports: outboxReports, failing_seconds: Math.round(outboxFailingSeconds) },
    };
  }
}

function statusOf(state: TenantTokenSourceState, outboxFailingSeconds: number): GatewayHealth['status'] {
  if (state === 'starting' || state === 'unavailable') return 'unavailable';
  return state === 'stale' || outboxFailingSeconds > 0 ? 'degraded' : 'ok';
}

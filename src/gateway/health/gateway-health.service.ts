import { Injectable } from '@nestjs/common';
import { TenantTokenSource, type TenantTokenSourceState } from '@tollgate/tunnel-tokens';
import { GatewayTraffic } from '../traffic/gateway-traffic';
import { TunnelServer } from '../tunnel-server';

/** How the gateway does. */
export interface GatewayHealth {
  /**
   * `degraded`: it serves, by what it knew last, or without writing its accounts down. `unavailable`: it knows no tokens, so that
   * nobody can log in.
   */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  /** Where clients connect. */
  readonly bind_port: number;
  readonly token_source: { readonly state: TenantTokenSourceState; readonly since: string };
  readonly traffic_outbox: { readonly reports: number; readonly failing_seconds: number };
}

/** Tells whether the gateway can do its work. */
@Injectable()
export class GatewayHealthService {
  constructor(
    private readonly tunnels: TunnelServer,
    private readonly source: TenantTokenSource,
    private readonly traffic: GatewayTraffic,
  ) {}

  read(): GatewayHealth {
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

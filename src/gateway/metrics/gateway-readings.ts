import { ReadMetric, byLabel, plain } from '@tollgate/observability';
import type { TenantTokenSource } from '@tollgate/tunnel-tokens';
import type { GatewayTraffic } from '../traffic/gateway-traffic';
import type { TunnelServer } from '../tunnel-server';
import type { LoginMetrics } from './login-metrics';
import type { TenantBytes } from './tenant-bytes';

const SOURCE_STATES = ['starting', 'live', 'stale', 'unavailable'] as const;

/** Clients, proxies and connections, as they are now, and logins since the start. */
export function tunnelReadings(tunnels: TunnelServer, logins: LoginMetrics): ReadMetric[] {
  return [
    ReadMetric.gauge('tollgate_gateway_clients', 'Clients that are logged in', 'sum', () =>
      plain(tunnels.sessions.book.count),
    ),
    ReadMetric.gauge('tollgate_gateway_proxies', 'Proxies that are open, by type', 'sum', () =>
      byLabel('type', tunnels.countProxies()),
    ),
    ReadMetric.gauge('tollgate_gateway_connections', 'Connections of users that are open', 'sum', () =>
      plain(tunnels.proxies.connectionCount),
    ),
    ReadMetric.gauge('tollgate_gateway_pending', 'Connections that have not said yet who they are', 'sum', () =>
      plain(tunnels.pendingCount),
    ),
    ReadMetric.counter('tollgate_gateway_refused_connections_total', 'Connections closed unheard, being too many', () =>
      plain(tunnels.refusedCount),
    ),
    ReadMetric.counter('tollgate_gateway_logins_total', 'Logins by result', () =>
      byLabel('result', Object.fromEntries(logins.results)),
    ),
    ReadMetric.durations('tollgate_gateway_login_seconds', 'Time that logins took', () => [
      { labels: {}, histogram: logins.durations },
    ]),
  ];
}

/** Where tokens come from. */
export function sourceReadings(source: TenantTokenSource): ReadMetric[] {
  return [
    ReadMetric.gauge('tollgate_gateway_token_source_state', '1 for the state that it is in', 'max', () =>
      SOURCE_STATES.map((state) => ({ labels: { state }, value: source.state === state ? 1 : 0 })),
    ),
    ReadMetric.gauge('tollgate_gateway_tokens', 'Tokens that are known', 'max', () => plain(source.tokens.size)),
  ];
}

/** What tenants have moved, and how its reports fare. */
export function trafficReadings(traffic: GatewayTraffic, bytes: TenantBytes): ReadMetric[] {
  return [
    ReadMetric.counter('tollgate_gateway_bytes_total', 'Bytes moved, by token and direction', () =>
      [...bytes.entries()].flatMap(([token, { inBytes, outBytes }]) => [
        { labels: { token, direction: 'in' }, value: inBytes },
        { labels: { token, direction: 'out' }, value: outBytes },
      ]),
    ),
    ReadMetric.gauge('tollgate_gateway_outbox_reports', 'Reports that are not acknowledged', 'sum', () =>
      plain(traffic.readings().outboxReports),
    ),
    ReadMetric.gauge('tollgate_gateway_outbox_oldest_seconds', 'Age of the oldest of them', 'max', () =>
      plain(traffic.readings().outboxOldestSeconds),
    ),
    ReadMetric.counter('tollgate_gateway_reports_total', 'Tries to send reports, by result', () => {
      const { sent, failed, parked } = traffic.readings();
      return [
        { labels: { result: 'sent' }, value: sent },
        { labels: { result: 'failed' }, value: failed },
        { labels: { result: 'parked' }, value: parked },
      ];
    }),
  ];
}

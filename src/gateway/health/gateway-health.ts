import type { TenantTokenSourceState } from '@tollgate/tunnel-tokens';

/** How the gateway does. */
export interface GatewayHealth {
  /**
   * `degraded`: it serves, by what it knew last, or without writing its accounts down, or with fewer processes than it should.
   * `unavailable`: it knows no tokens, so that nobody can log in.
   */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  /** Where clients connect. */
  readonly bind_port: number;
  readonly token_source: { readonly state: TenantTokenSourceState; readonly since: string };
  readonly traffic_outbox: { readonly reports: number; readonly failing_seconds: number };
  /** Of a gateway in several processes: how many serve, and how many should. */
  readonly workers?: { readonly running: number; readonly configured: number };
}

/** Whoever knows how the gateway does. */
export abstract class HealthSource {
  abstract read(): GatewayHealth | Promise<GatewayHealth>;
}

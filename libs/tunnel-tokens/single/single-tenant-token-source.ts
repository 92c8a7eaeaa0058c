import type { Clock } from '@tollgate/domain';
import { TenantTokenSource, type TenantTokenSourceStatus, type TunnelTokenChange } from '../tenant-token-source';
import type { TunnelToken } from '../tunnel-token';

/** The id of the one token; not derived from its value, which people choose. */
export const SINGLE_TUNNEL_TOKEN_ID = 'tt_single';

/** One token for everyone, as stock frps has it: no region, no limits but the gateway's own. It never changes. */
export class SingleTenantTokenSource extends TenantTokenSource {
  override readonly tokens: ReadonlyMap<string, TunnelToken>;
  override readonly status: TenantTokenSourceStatus;

  /** @param token `auth.token` of the configuration; may be empty */
  constructor(token: string, clock: Clock) {
    super();
    const single: TunnelToken = {
      token,
      id: SINGLE_TUNNEL_TOKEN_ID,
      enabled: true,
      suspended: false,
      bandwidthLimitBytes: 0,
      trafficReportIntervalBytes: 0,
      description: '',
      monthlyTrafficPolicy: 'refuse',
      document: {},
    };
    this.tokens = new Map([[token, single]]);
    this.status = { state: 'live', sinceMs: clock.nowMs() };
  }

  override async start(): Promise<void> {
    // There is nothing to wait for.
  }

  override onChange(_listener: (change: TunnelTokenChange) => void): () => void {
    return () => undefined;
  }

  override onStatus(_listener: (status: TenantTokenSourceStatus) => void): () => void {
    return () => undefined;
  }

  override async close(): Promise<void> {
    // There is nothing to end.
  }
}

import type { Clock } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { StoredTunnelTokenRepository } from '../stored-tunnel-token-repository';
import type { TenantTokenSource } from '../tenant-token-source';
import type { TunnelTokenRepository } from '../tunnel-token-repository';
import type { EtcdOptions } from './etcd-options';
import { EtcdTenantTokenSource } from './etcd-tenant-token-source';
import { EtcdTunnelTokenStore } from './etcd-tunnel-token-store';

/** Both ports over etcd. */
export class EtcdTunnelTokens {
  private constructor(
    readonly source: TenantTokenSource,
    readonly repository: TunnelTokenRepository,
  ) {}

  static open(options: EtcdOptions, log: Log, clock: Clock): EtcdTunnelTokens {
    const source = new EtcdTenantTokenSource(options, log, clock);
    return new EtcdTunnelTokens(source, new StoredTunnelTokenRepository(new EtcdTunnelTokenStore(source)));
  }
}

import type { Clock, TunnelTokenRecords } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { EmbeddedTenantTokenSource } from './embedded/embedded-tenant-token-source';
import { EmbeddedTunnelTokenStore } from './embedded/embedded-tunnel-token-store';
import type { TokenSealer } from './embedded/token-sealer';
import type { EtcdOptions } from './etcd/etcd-options';
import { StoredTunnelTokenRepository } from './stored-tunnel-token-repository';
import type { TenantTokenSource } from './tenant-token-source';
import type { TunnelTokenRepository } from './tunnel-token-repository';

/** Both ports over one store. The repository works while the source is started. */
export interface TunnelTokens {
  readonly source: TenantTokenSource;
  readonly repository: TunnelTokenRepository;
}

/**
 * Tokens in etcd, whose packages are loaded only now. Connects when the source is started.
 * @throws RangeError without an endpoint or with an empty prefix
 */
export function openEtcdTunnelTokens(options: EtcdOptions, log: Log, clock: Clock): TunnelTokens {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only when chosen
  const driver = require('./etcd/etcd-tunnel-tokens') as typeof import('./etcd/etcd-tunnel-tokens');
  return driver.EtcdTunnelTokens.open(options, log, clock);
}

/** Tokens in the embedded record store, their values sealed. */
export function openEmbeddedTunnelTokens(
  records: TunnelTokenRecords,
  sealer: TokenSealer,
  log: Log,
  clock: Clock,
): TunnelTokens {
  const source = new EmbeddedTenantTokenSource(records, sealer, log, clock);
  return {
    source,
    repository: new StoredTunnelTokenRepository(new EmbeddedTunnelTokenStore(records, sealer, source)),
  };
}

import type { Clock } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { SingleTenantTokenSource, type TenantTokenSource, openEtcdTunnelTokens } from '@tollgate/tunnel-tokens';
import type { GatewayConfig } from '../config/gateway-config';
import { etcdOptionsOf } from './etcd-options';
import { type OpenTokenSource, openEmbeddedTokens } from './open-embedded-tokens';

/** Opens what the settings name. It is still to be started. */
export async function openTokenSource(config: GatewayConfig, log: Log, clock: Clock): Promise<OpenTokenSource> {
  const { tenants } = config;
  switch (tenants.source) {
    case 'single':
      return closing(new SingleTenantTokenSource(tenants.token.reveal(), clock));
    case 'embedded':
      return openEmbeddedTokens(config, log, clock);
    case 'etcd':
      return closing(openEtcdTunnelTokens(etcdOptionsOf(tenants.etcd), log, clock).source);
  }
}

function closing(source: TenantTokenSource): OpenTokenSource {
  return { source, close: () => source.close() };
}

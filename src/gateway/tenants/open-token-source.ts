import type { Clock } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { SingleTenantTokenSource, type TenantTokenSource, openEtcdTunnelTokens } from '@tollgate/tunnel-tokens';
import type { GatewayConfig } from '../config/gateway-config';
import { type OpenTokenSource, openEmbeddedTokens } from './open-embedded-tokens';

/** Opens what the settings name. It is still to be started. */
export async function openTokenSource(config: GatewayConfig, log: Log, clock: Clock): Promise<OpenTokenSource> {
  const { tenants } = config;
  switch (tenants.source) {
    case 'single':
      return closing(new SingleTenantTokenSource(tenants.token.reveal(), clock));
    case 'embedded':
      return openEmbeddedTokens(config, log, clock);
    case 'etcd': {
      const { endpoints, prefix, dialTimeoutMs, username, password, tls } = tenants.etcd;
      const options = {
        endpoints,
        prefix,
        dialTimeoutMs,
        tls: {
          ...(tls.certFile === undefined ? {} : { certFile: tls.certFile }),
          ...(tls.keyFile === undefined ? {} : { keyFile: tls.keyFile }),
          ...(tls.trustedCaFile === undefined ? {} : { caFile: tls.trustedCaFile }),
        },
        ...(username === undefined || password === undefined ? {} : { username, password: password.reveal() }),
      };
      return closing(openEtcdTunnelTokens(options, log, clock).source);
    }
  }
}

function closing(source: TenantTokenSource): OpenTokenSource {
  return { source, close: () => source.close() };
}

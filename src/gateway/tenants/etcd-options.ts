import type { EtcdOptions } from '@tollgate/tunnel-tokens';
import type { EtcdConfig } from '../config/gateway-config';

/** The settings as the driver wants them. */
export function etcdOptionsOf({ endpoints, prefix, dialTimeoutMs, username, password, tls }: EtcdConfig): EtcdOptions {
  return {
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
}

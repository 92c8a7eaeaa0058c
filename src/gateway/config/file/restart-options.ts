import { isDeepStrictEqual } from 'node:util';
import { type Environment, isSet } from '@tollgate/config';

/** Options that have an effect and keep it until a restart, each with the variable that would go before it. */
const RESTART_OPTIONS: readonly (readonly [option: string, variable?: string])[] = [
  ['bindAddr'],
  ['bindPort', 'BIND_PORT'],
  ['proxyBindAddr'],
  ['vhostHTTPPort'],
  ['vhostHTTPSPort'],
  ['vhostHTTPTimeout'],
  ['subDomainHost'],
  ['custom404Page'],
  ['userConnTimeout'],
  ['udpPacketSize'],
  ['detailedErrorsToClient'],
  ['auth.token'],
  ['auth.tokenSource'],
  ['auth.additionalScopes'],
  ['transport.tcpMuxKeepaliveInterval'],
  ['transport.tcpKeepalive'],
  ['transport.maxPoolCount'],
  ['transport.heartbeatTimeout'],
  ['transport.tls.force'],
  ['transport.tls.trustedCaFile'],
  ['log.level', 'LOG_LEVEL'],
  ['etcd.endpoints', 'ETCD_ENDPOINTS'],
  ['etcd.region', 'ETCD_REGION'],
  ['etcd.prefix', 'ETCD_PREFIX'],
  ['etcd.dialTimeout', 'ETCD_DIAL_TIMEOUT'],
  ['etcd.username', 'ETCD_USERNAME'],
  ['etcd.password', 'ETCD_PASSWORD'],
  ['etcd.tls.certFile', 'ETCD_CERT_FILE'],
  ['etcd.tls.keyFile', 'ETCD_KEY_FILE'],
  ['etcd.tls.trustedCaFile', 'ETCD_CA_FILE'],
  ['etcd.trafficReportUrl', 'TRAFFIC_REPORT_URL'],
];

/** Which of them differ. The two maps hold what a file said, by path. */
export function changedRestartOptions(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  env: Environment,
): readonly string[] {
  return RESTART_OPTIONS.filter(
    ([option, variable]) =>
      (variable === undefined || !isSet(env, variable)) && !isDeepStrictEqual(before.get(option), after.get(option)),
  ).map(([option]) => option);
}

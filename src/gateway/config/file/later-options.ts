import type { OptionReader } from './option-reader';

/** Says of an option that it has no effect. */
export type WarnOfOption = (option: string, sentence: string) => void;

const PORTS = [
  ['kcpBindPort', 'KCP is not served yet: clients connect over TCP, TLS or WebSocket'],
  ['quicBindPort', 'QUIC is not served yet: clients connect over TCP, TLS or WebSocket'],
  ['tcpmuxHTTPConnectPort', 'proxies of the type tcpmux are not served yet'],
  ['sshTunnelGateway.bindPort', 'the SSH tunnel gateway is not served yet'],
  ['webServer.port', 'the dashboard of frps is not served yet; health is on GATEWAY_ADMIN_PORT'],
] as const;

const TEXTS = [
  'webServer.addr',
  'webServer.user',
  'webServer.password',
  'webServer.assetsDir',
  'webServer.tls.certFile',
  'webServer.tls.keyFile',
  'webServer.tls.trustedCaFile',
  'webServer.tls.serverName',
  'sshTunnelGateway.privateKeyFile',
  'sshTunnelGateway.autoGenPrivateKeyPath',
  'sshTunnelGateway.authorizedKeysFile',
  'auth.oidc.issuer',
  'auth.oidc.audience',
  // frps knows it and does nothing with it.
  'transport.tls.serverName',
  'version',
];

const NUMBERS = [
  'log.maxDays',
  'natholeAnalysisDataReserveHours',
  'transport.quic.keepalivePeriod',
  'transport.quic.maxIdleTimeout',
  'transport.quic.maxIncomingStreams',
];

const FLAGS = [
  'tcpmuxPassthrough',
  'webServer.pprofEnable',
  'log.disablePrintColor',
  'auth.oidc.skipExpiryCheck',
  'auth.oidc.skipIssuerCheck',
];

/**
 * Reads what frps knows and the gateway does not do, so that a wrong type is told all the same. Warns of what would be missed: what
 * only shapes something else (`transport.quic.*`) goes without a word.
 */
export function readLaterOptions(reader: OptionReader, warn: WarnOfOption): void {
  for (const path of TEXTS) reader.text(path);
  for (const path of NUMBERS) reader.integer(path);
  for (const path of FLAGS) reader.flag(path);
  for (const [path, sentence] of PORTS) if ((reader.port(path) ?? 0) > 0) warn(path, sentence);
  if (reader.flag('enablePrometheus') === true) {
    warn('enablePrometheus', "there is no dashboard yet whose /metrics it would add: see the gateway's admin port");
  }
  const logTo = reader.text('log.to');
  if (logTo !== undefined && logTo !== 'console')
    warn('log.to', 'the log goes to standard output, one JSON object a line');
  const plugins = reader.tableList('httpPlugins') ?? [];
  for (const plugin of plugins) {
    for (const name of ['name', 'addr', 'path']) plugin.text(name);
    plugin.textList('ops');
    plugin.flag('tlsVerify');
  }
  if (plugins.length > 0)
    warn('httpPlugins', 'server plugins are not served yet: nothing is asked before logins and proxies');
}

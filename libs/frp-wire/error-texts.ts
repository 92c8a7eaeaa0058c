/**
 * The sentences that frps 0.70.1 puts into the `error` of its answers, and that users know from frpc's log; word for word.
 * The first half of the name is the message that carries them.
 */
export const errorTexts = {
  loginTokenMismatch: "token in login doesn't match token from configuration",
  loginClientIdOnline: (clientId: string, user: string) =>
    `client_id [${clientId}] for user [${user}] is already online`,
  loginNoController: 'unexpected error when creating new controller',
  loginControlReplaced: 'control was replaced during login',
  loginNoV2Crypto: 'missing v2 crypto negotiation',
  loginPluginUnreachable: 'send Login request to plugin error',
  /** In place of the details. */
  loginGeneric: 'register control error',

  helloUnsupportedCodec: 'unsupported message codec',
  helloBadRandom: (bytes: number, wanted: number) =>
    `invalid crypto client random length ${String(bytes)}, want ${String(wanted)}`,
  helloNoCommonAlgorithm: 'no supported crypto algorithm',

  workConnUnknownRunId: (runId: string) => `no client control found for run id [${runId}]`,
  workConnTokenMismatch: "token in NewWorkConn doesn't match token from configuration",
  workConnPoolFull: 'work connection pool is full, discarding',
  workConnControlReplaced: (runId: string) => `client control for run id [${runId}] is no longer current`,
  workConnControlNotRunning: (runId: string) => `client control for run id [${runId}] is not running`,
  /** In place of the details. */
  workConnGeneric: 'invalid NewWorkConn',

  pingTokenMismatch: "token in heartbeat doesn't match token from configuration",
  /** In place of the details. */
  pingGeneric: 'invalid ping',

  visitorAuthFailed: (proxyName: string) => `visitor connection of [${proxyName}] auth failed`,
  visitorUserNotAllowed: (proxyName: string, user: string) =>
    `visitor connection of [${proxyName}] user [${user}] not allowed`,
  visitorNoListener: (proxyName: string) => `custom listener for [${proxyName}] doesn't exist`,
  visitorUnknownRunId: (runId: string) => `no client control found for run id [${runId}]`,
  /** In place of the details. */
  visitorGeneric: 'register visitor conn error',

  proxyUnknownType: (proxyType: string) => `unknown proxy type: ${proxyType}`,
  proxyExists: (proxyName: string) => `proxy [${proxyName}] already exists`,
  proxyNameInUse: (proxyName: string) => `proxy name [${proxyName}] is already in use`,
  proxyTooManyPorts: 'exceed the max_ports_per_client',
  proxyPortUsed: 'port already used',
  proxyPortNotAllowed: 'port not allowed',
  proxyPortUnavailable: 'port unavailable',
  proxyNoPortAvailable: 'no available port',
  /** What a udp proxy wraps the four before this one in. */
  proxyUdpPort: (port: number, text: string) => `acquire port ${String(port)} error: ${text}`,
  proxyNoVhostHttp: 'type [http] not supported when vhost http port is not set',
  proxyNoVhostHttps: 'type [https] not supported when vhost https port is not set',
  proxyNoTcpmux: 'tcpmux with multiplexer httpconnect not supported because this feature is not enabled in server',
  proxyUnknownMultiplexer: (multiplexer: string) => `unknown multiplexer [${multiplexer}]`,
  proxyNoSubdomains: 'subdomain is not supported because this feature is not enabled in server',
  proxyBadSubdomain: "'.' and '*' are not supported in subdomain",
  proxyNoDomain: 'subdomain and custom domains should not be both empty',
  proxyDomainOfSubdomainHost: (domain: string, subdomainHost: string) =>
    `custom domain [${domain}] should not belong to subdomain host [${subdomainHost}]`,
  proxyRouteTaken: 'router config conflict',
  proxyGroupAuthFailed: 'group auth failed',
  proxyGroupParamsInvalid: 'group params invalid',
  proxyGroupDifferentPort: 'group should have same remote port',
  proxyGroupRepeated: 'group proxy repeated',
  proxyVisitorListenerRepeated: (proxyName: string) => `custom listener for [${proxyName}] is repeated`,
  proxyXtcpRepeated: (proxyName: string) => `proxy [${proxyName}] is repeated`,
  proxyBadAnnotation: (key: string, text: string) => `annotation key ${key} is invalid: ${text}`,
  /** In place of the details. */
  proxyGeneric: (proxyName: string) => `new proxy [${proxyName}] error`,

  natHoleNoServer: (proxyName: string) => `xtcp server for [${proxyName}] doesn't exist`,
  natHoleUserNotAllowed: (user: string, proxyName: string) =>
    `xtcp visitor user [${user}] not allowed for [${proxyName}]`,
  natHoleAuthFailed: (proxyName: string) => `xtcp connection of [${proxyName}] auth failed`,
} as const;

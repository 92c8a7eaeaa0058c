import type { WireVersion } from '@tollgate/frp-wire';

/** What a server under test is told in its `frps.toml`. */
export interface ServerPlan {
  readonly token: string;
  /** `transport.tcpMux`, for servers that don't find out by themselves. */
  readonly mux: boolean;
  readonly bindPort: number;
  readonly vhostHttpPort?: number;
  readonly vhostHttpsPort?: number;
  readonly allowPorts?: readonly number[];
  readonly maxPortsPerClient?: number;
}

/** A server that runs. */
export interface RunningServer {
  /** All that it has logged. */
  output(): string;
  stop(): Promise<void>;
}

/** How a client comes to its server. */
export interface ConnectionPlan {
  readonly wire: WireVersion;
  readonly mux: boolean;
  readonly tls: 'off' | 'on' | 'prefixed';
  readonly transport: 'tcp' | 'websocket' | 'wss';
  /** A WebSocket's frames are text whatever is in them, as frpc before 0.70 has it. */
  readonly textFrames?: boolean;
}

export interface ProxyPlan {
  readonly name: string;
  readonly type: string;
  readonly localPort: number;
  readonly remotePort?: number;
  readonly customDomain?: string;
  readonly useEncryption?: boolean;
  readonly useCompression?: boolean;
}

export interface ClientPlan extends ConnectionPlan {
  readonly serverPort: number;
  readonly token: string;
  /** Registered in this order by clients that have one. */
  readonly proxies: readonly ProxyPlan[];
}

/** A client that has been answered: its login, and every proxy if that was good. */
export interface RunningClient {
  /** The server's sentence, when it refused the login. */
  readonly loginError?: string;
  /** The server's sentences, by the names of the proxies that it refused. */
  readonly proxyErrors: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** The options of frps that a plan needs. */
export function frpsToml(plan: ServerPlan): string {
  const { allowPorts, maxPortsPerClient, vhostHttpPort, vhostHttpsPort } = plan;
  const lines = [
    'bindAddr = "127.0.0.1"',
    `bindPort = ${String(plan.bindPort)}`,
    `auth.token = ${JSON.stringify(plan.token)}`,
    `transport.tcpMux = ${String(plan.mux)}`,
  ];
  if (vhostHttpPort !== undefined) lines.push(`vhostHTTPPort = ${String(vhostHttpPort)}`);
  if (vhostHttpsPort !== undefined) lines.push(`vhostHTTPSPort = ${String(vhostHttpsPort)}`);
  if (maxPortsPerClient !== undefined) lines.push(`maxPortsPerClient = ${String(maxPortsPerClient)}`);
  if (allowPorts !== undefined) {
    lines.push(`allowPorts = [${allowPorts.map((port) => `{ single = ${String(port)} }`).join(', ')}]`);
  }
  return `${lines.join('\n')}\n`;
}

/** The configuration of frpc for a plan. */
export function frpcToml(plan: ClientPlan): string {
  const lines = [
    'serverAddr = "127.0.0.1"',
    `serverPort = ${String(plan.serverPort)}`,
    `auth.token = ${JSON.stringify(plan.token)}`,
    `transport.protocol = "${plan.transport}"`,
    `transport.tcpMux = ${String(plan.mux)}`,
    `transport.tls.enable = ${String(plan.tls !== 'off')}`,
    `transport.tls.disableCustomTLSFirstByte = ${String(plan.tls !== 'prefixed')}`,
    'log.disablePrintColor = true',
  ];
  // Older ones don't know the word.
  if (plan.wire === 'v2') lines.push('transport.wireProtocol = "v2"');
  for (const proxy of plan.proxies) lines.push('', ...frpcProxy(proxy));
  return `${lines.join('\n')}\n`;
}

function frpcProxy(proxy: ProxyPlan): string[] {
  const { useEncryption = false, useCompression = false } = proxy;
  const lines = [
    '[[proxies]]',
    `name = "${proxy.name}"`,
    `type = "${proxy.type}"`,
    'localIP = "127.0.0.1"',
    `localPort = ${String(proxy.localPort)}`,
    `transport.useEncryption = ${String(useEncryption)}`,
    `transport.useCompression = ${String(useCompression)}`,
  ];
  if (proxy.remotePort !== undefined) lines.push(`remotePort = ${String(proxy.remotePort)}`);
  if (proxy.customDomain !== undefined) lines.push(`customDomains = ["${proxy.customDomain}"]`);
  return lines;
}

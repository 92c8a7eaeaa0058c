import { FrpClient } from '../frp-client';
import { startFrpc } from '../frpc-process';

/** A proxy of a client that only has to carry bytes. */
export interface FlowProxy {
  readonly name: string;
  /** `tcp` unless told; `http` is for the host that is called like the proxy. */
  readonly type?: 'tcp' | 'http';
  readonly localPort: number;
  readonly remotePort?: number;
  readonly useEncryption?: boolean;
  readonly useCompression?: boolean;
  readonly bandwidthLimit?: string;
  readonly bandwidthLimitMode?: 'client' | 'server';
}

export interface FlowClientPlan {
  readonly serverPort: number;
  readonly token: string;
  readonly mux: boolean;
  readonly tls: boolean;
  readonly proxies: readonly FlowProxy[];
}

/** The client of a tunnel whose flow is measured. */
export interface FlowClient {
  stop(): Promise<void>;
}

/** Which clients there are to measure with: ours within the test, and a stock frpc where `FRPC_BIN` names one. */
export const FLOW_CLIENTS: readonly (readonly [name: string, start: (plan: FlowClientPlan) => Promise<FlowClient>])[] =
  [['our client', startOwn], ...(process.env['FRPC_BIN'] === undefined ? [] : [['frpc', startStock] as const])];

async function startOwn({ serverPort, token, mux, tls, proxies }: FlowClientPlan): Promise<FlowClient> {
  const client = await FrpClient.connect({ port: serverPort, token, mux, tls: tls ? 'on' : 'off' });
  for (const { localPort, type = 'tcp', name, ...fields } of proxies) {
    const domains = type === 'http' ? { customDomains: [name] } : {};
    const { error } = await client.addProxy({ name, type, ...fields, ...domains, local: { port: localPort } });
    if (error !== '') throw new Error(error);
  }
  return { stop: async () => client.close() };
}

async function startStock(plan: FlowClientPlan): Promise<FlowClient> {
  const lines = [
    'serverAddr = "127.0.0.1"',
    `serverPort = ${String(plan.serverPort)}`,
    `auth.token = ${JSON.stringify(plan.token)}`,
    `transport.tcpMux = ${String(plan.mux)}`,
    `transport.tls.enable = ${String(plan.tls)}`,
    'log.disablePrintColor = true',
    ...plan.proxies.flatMap(frpcProxy),
  ];
  const names = plan.proxies.map(({ name }) => name);
  const frpc = await startFrpc(process.env['FRPC_BIN'] ?? 'frpc', `${lines.join('\n')}\n`, names);
  const refused = frpc.loginError ?? Object.values(frpc.proxyErrors)[0];
  if (refused !== undefined) throw new Error(refused);
  return frpc;
}

function frpcProxy(proxy: FlowProxy): string[] {
  const { name, type = 'tcp', localPort, remotePort, bandwidthLimit, bandwidthLimitMode = 'client' } = proxy;
  const lines = [
    '[[proxies]]',
    `name = "${name}"`,
    `type = "${type}"`,
    `localPort = ${String(localPort)}`,
    `transport.useEncryption = ${String(proxy.useEncryption ?? false)}`,
    `transport.useCompression = ${String(proxy.useCompression ?? false)}`,
  ];
  if (type === 'http') lines.push(`customDomains = ["${name}"]`);
  if (remotePort !== undefined) lines.push(`remotePort = ${String(remotePort)}`);
  if (bandwidthLimit !== undefined) {
    lines.push(
      `transport.bandwidthLimit = "${bandwidthLimit}"`,
      `transport.bandwidthLimitMode = "${bandwidthLimitMode}"`,
    );
  }
  return lines;
}

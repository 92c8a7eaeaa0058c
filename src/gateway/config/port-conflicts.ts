import type { GatewayConfig } from './gateway-config';
import type { SettingSources } from './setting-sources';

/** Everything that listens on TCP and has a port of its own. */
interface Listener {
  readonly host: string;
  readonly port: number;
  readonly name: string;
}

/** Reports listeners that would be in each other's way. http and https may share the port of the clients, as in frps. */
export function checkPorts(config: GatewayConfig, { nameOf, report }: SettingSources): void {
  const bindName = nameOf('BIND_PORT', 'bindPort');
  const bind = { ...config.bind, name: bindName };
  const vhosts: readonly Listener[] = [
    { host: config.proxyHost, port: config.vhost.httpPort, name: nameOf('vhostHTTPPort', 'vhostHTTPPort') },
    { host: config.proxyHost, port: config.vhost.httpsPort, name: nameOf('vhostHTTPSPort', 'vhostHTTPSPort') },
  ];
  const [http, https] = vhosts;
  if (http !== undefined && https !== undefined && collide(http, https) && https.port !== config.bind.port) {
    report(https.name, 'must differ from vhostHTTPPort, unless both are the port that clients connect to');
  }
  const admin = { ...config.admin, name: 'GATEWAY_ADMIN_PORT' };
  for (const other of [bind, ...vhosts]) {
    if (collide(admin, other)) report(admin.name, `must differ from ${other.name}, which is ${String(other.port)} too`);
  }
}

function collide(a: Listener, b: Listener): boolean {
  return a.port !== 0 && a.port === b.port && (a.host === b.host || isEverywhere(a.host) || isEverywhere(b.host));
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

import type { MessageOf } from '@tollgate/frp-wire';
import type { ByteStream } from '@tollgate/stream-kit';
import type { TrafficCounter } from '../traffic/traffic-counter';
import { isSettableField } from '../vhost/http/header-edits';
import type { HttpRoute, HttpTarget, HttpTargetOptions, UserAddress } from '../vhost/http/http-target';
import type { HttpVhost } from '../vhost/http/http-vhost';
import type { RouteKey } from '../vhost/vhost-routes';
import { MeteredStream } from '../work-conns/metered-stream';
import type { NoWorkConnection } from '../work-conns/work-pool';
import { claimRoutes } from './claim-routes';
import { type Proxy, ProxyRefusedError } from './proxy';
import type { ProxyContext } from './proxy-context';
import { UserLinks } from './user-links';
import { shownDomain } from './vhost-domains';

/** Most routes of one proxy: domains times locations. */
const MAX_ROUTES = 1_000;

/** Hosts and paths of the gateway's HTTP port that lead to a service of the client's (frp `server/proxy/http.go`). */
export class HttpProxy implements Proxy, HttpTarget, HttpRoute {
  readonly type = 'http';
  readonly portCount = 0;
  readonly name: string;
  readonly counter: TrafficCounter;
  readonly options: HttpTargetOptions;
  private readonly links: UserLinks;
  private readonly connections = new Set<MeteredStream>();
  private readonly keys: readonly RouteKey[];
  private isClosed = false;

  /** @throws ProxyRefusedError */
  constructor(
    private readonly context: ProxyContext,
    private readonly vhost: HttpVhost,
    domains: readonly string[],
    private readonly port: number,
  ) {
    const { message } = context;
    this.name = message.proxyName;
    this.counter = context.counter;
    this.options = optionsOf(message);
    this.links = new UserLinks(context);
    this.keys = routeKeys(message, domains);
    claimRoutes<HttpRoute>(vhost.routes, this.keys, this);
  }

  /** Each domain once for each of its locations, as frps says it. */
  get remoteAddress(): string {
    return this.keys.map(({ domain }) => shownDomain(domain, this.port)).join(',');
  }

  next(): HttpTarget {
    return this;
  }

  connect({ address, port }: UserAddress): Promise<ByteStream> {
    const { session, gate, bucket, traffic } = this.context;
    if (this.isClosed || !gate.enter()) return Promise.reject(new Error('no connection is to be had'));
    return new Promise((resolve, reject) => {
      session.takeWorkConnection({
        serve: (stream) => {
          const started = this.links.startWorkConnection(stream, { srcAddr: address, srcPort: port });
          const metered = new MeteredStream(started, {
            counter: this.counter,
            bucket: gate.bucketFor(bucket),
            left: (left) => {
              this.connections.delete(left);
              gate.leave();
              traffic.connectionClosed(this.counter);
            },
          });
          this.connections.add(metered);
          resolve(metered);
          if (this.isClosed) metered.destroy();
        },
        fail: (reason: NoWorkConnection) => {
          gate.leave();
          reject(new Error(`no work connection: ${reason}`));
        },
      });
    });
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const key of this.keys) this.vhost.routes.delete(key, this);
    this.vhost.drop(this);
    for (const connection of this.connections) connection.destroy();
  }
}

function routeKeys(
  { locations, routeByHttpUser }: MessageOf<'newProxy'>,
  domains: readonly string[],
): readonly RouteKey[] {
  const paths = locations.length === 0 ? [''] : [...new Set(locations)];
  if (domains.length * paths.length > MAX_ROUTES) {
    throw new ProxyRefusedError(`more than ${String(MAX_ROUTES)} routes in one proxy`);
  }
  return domains.flatMap((domain) => paths.map((location) => ({ domain, location, httpUser: routeByHttpUser })));
}

function optionsOf(message: MessageOf<'newProxy'>): HttpTargetOptions {
  const { headers, responseHeaders } = message;
  for (const [name, value] of [...Object.entries(headers), ...Object.entries(responseHeaders)]) {
    if (!isSettableField(name, value)) throw new ProxyRefusedError(`header [${name.slice(0, 100)}] can't be set`);
  }
  return {
    rewriteHost: message.hostHeaderRewrite,
    headers,
    responseHeaders,
    user: message.httpUser,
    password: message.httpPassword,
  };
}

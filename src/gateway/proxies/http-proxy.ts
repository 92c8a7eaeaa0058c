import type { MessageOf } from '@tollgate/frp-wire';
import type { ByteStream, TokenBucket } from '@tollgate/stream-kit';
import type { TrafficCounter } from '../traffic/traffic-counter';
import { isSettableField } from '../vhost/http/header-edits';
import type { HttpRoute, HttpTarget, HttpTargetOptions, UserAddress } from '../vhost/http/http-target';
import type { HttpVhost } from '../vhost/http/http-vhost';
import type { RouteKey } from '../vhost/vhost-routes';
import { MeteredStream } from '../work-conns/metered-stream';
import type { NoWorkConnection, WorkWaiter } from '../work-conns/work-pool';
import { claimRoutes } from './claim-routes';
import { type Proxy, ProxyRefusedError } from './proxy';
import type { ProxyContext, UserGate } from './proxy-context';
import { UserLinks } from './user-links';
import { shownDomain } from './vhost-domains';

/** Most routes of one proxy: domains times locations. */
const MAX_ROUTES = 1_000;

/** Hosts and paths of the gateway's HTTP port that lead to a service of the client's (frp `server/proxy/http.go`). */
export class HttpProxy implements Proxy, HttpTarget, HttpRoute {
  readonly type = 'http';
  readonly portCount = 0;
  readonly name: string;
  /** Each domain once for each of its locations, as frps says it. */
  readonly remoteAddress: string;
  readonly counter: TrafficCounter;
  readonly options: HttpTargetOptions;
  /** Users count, and not the connections to the service on which their requests take turns. */
  readonly gate: UserGate;
  private readonly links: UserLinks;
  private readonly connections = new Set<MeteredStream>();
  readonly keys: readonly RouteKey[];
  /** What connections to the service are held to now. */
  private bucket: TokenBucket | undefined;
  private withdraw: (() => void) | undefined;
  private isClosed = false;

  /** @throws ProxyRefusedError */
  constructor(
    private readonly context: ProxyContext,
    private readonly vhost: HttpVhost,
    domains: readonly string[],
    port: number,
  ) {
    const { message } = context;
    this.name = message.proxyName;
    this.counter = context.counter;
    this.gate = context.gate;
    this.bucket = context.gate.bucketFor(context.bucket);
    this.options = optionsOf(message);
    this.links = new UserLinks(context);
    this.keys = routeKeys(message, domains);
    this.remoteAddress = this.keys.map(({ domain }) => shownDomain(domain, port)).join(',');
    claimRoutes<HttpRoute>(vhost.routes, this.keys, this, context.session.identity.token);
  }

  next(): HttpTarget {
    const bucket = this.gate.bucketFor(this.context.bucket);
    if (bucket !== this.bucket) {
      this.bucket = bucket;
      this.vhost.renew(this);
    }
    return this;
  }

  connect({ address, port }: UserAddress): Promise<ByteStream> {
    const { session, traffic } = this.context;
    if (this.isClosed) return Promise.reject(new Error('the proxy is closed'));
    return new Promise((resolve, reject) => {
      const waiter: WorkWaiter = {
        serve: (stream) => {
          const started = this.links.startWorkConnection(stream, { srcAddr: address, srcPort: port });
          const metered = new MeteredStream(started, {
            counter: this.counter,
            bucket: this.bucket,
            left: (left) => {
              this.connections.delete(left);
              traffic.connectionClosed(this.counter);
            },
          });
          this.connections.add(metered);
          resolve(metered);
          if (this.isClosed) metered.destroy();
        },
        fail: (reason: NoWorkConnection) => {
          reject(new Error(`no work connection: ${reason}`));
        },
      };
      session.takeWorkConnection(waiter, this.name);
    });
  }

  /** Its routes are known to other processes too. @param withdraw called when it is closed */
  onPublished(withdraw: () => void): void {
    if (this.isClosed) withdraw();
    else this.withdraw = withdraw;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const key of this.keys) this.vhost.routes.delete(key, this);
    this.withdraw?.();
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

import type { ByteStream } from '@tollgate/stream-kit';
import type { TrafficCounter } from '../traffic/traffic-counter';
import type { ConnectionAddresses, HttpsTarget, HttpsVhost } from '../vhost/tls/https-vhost';
import type { RouteKey } from '../vhost/vhost-routes';
import { claimRoutes } from './claim-routes';
import type { Proxy } from './proxy';
import type { ProxyContext } from './proxy-context';
import { UserLinks } from './user-links';
import { shownDomain } from './vhost-domains';

/** Server names of the gateway's HTTPS port that lead to a service of the client's, which speaks TLS itself (frp `server/proxy/https.go`). */
export class HttpsProxy implements Proxy, HttpsTarget {
  readonly type = 'https';
  readonly portCount = 0;
  readonly name: string;
  readonly counter: TrafficCounter;
  private readonly links: UserLinks;
  readonly keys: readonly RouteKey[];
  private withdraw: (() => void) | undefined;
  private isClosed = false;

  /** @throws ProxyRefusedError */
  constructor(
    context: ProxyContext,
    private readonly vhost: HttpsVhost,
    private readonly domains: readonly string[],
    private readonly port: number,
  ) {
    this.name = context.message.proxyName;
    this.counter = context.counter;
    this.links = new UserLinks(context);
    this.keys = domains.map((domain) => ({ domain, location: '', httpUser: '' }));
    claimRoutes<HttpsTarget>(vhost.routes, this.keys, this, context.session.identity.token);
  }

  get remoteAddress(): string {
    return this.domains.map((domain) => shownDomain(domain, this.port)).join(',');
  }

  open(user: ByteStream, { address, port, localAddress, localPort }: ConnectionAddresses): void {
    this.links.open(user, { srcAddr: address, srcPort: port, dstAddr: localAddress, dstPort: localPort });
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
    this.links.close();
  }
}

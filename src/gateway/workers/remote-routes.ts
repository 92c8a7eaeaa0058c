import type { ByteStream } from '@tollgate/stream-kit';
import type { HttpRoute, HttpTarget, HttpTargetOptions, UserAddress } from '../vhost/http/http-target';
import type { HttpVhost } from '../vhost/http/http-vhost';
import type { RouteClaims } from '../vhost/route-claims';
import type { ConnectionAddresses, HttpsTarget, HttpsVhost } from '../vhost/tls/https-vhost';
import { type RouteKey, RouteTakenError, type VhostRoutes } from '../vhost/vhost-routes';
import type { GatewayLink } from './gateway-link';
import { LEDGER_ANSWER_MS } from './limits';
import type { LinkHeader } from './link-header';
import type { SharedRoutes } from './shared-routes';
import type { WorkerLinks } from './worker-links';

/** The virtual hosts of this worker. */
interface Vhosts {
  readonly http: HttpVhost | undefined;
  readonly https: HttpsVhost | undefined;
}

/**
 * Routes in a worker: has the other workers bring users to proxies of this one, and brings users that have come here to proxies of
 * the others.
 */
export class RemoteRoutes implements RouteClaims {
  private readonly http = new Map<number, HttpTarget>();
  private readonly https = new Map<number, HttpsTarget>();
  /** Takes those of other workers out again. */
  private readonly removals = new Map<number, () => void>();
  private vhosts: Vhosts | undefined;
  private links: WorkerLinks | undefined;

  /** What the other workers had before this one could serve, or while one of its own was in the way. */
  private readonly early = new Map<number, SharedRoutes>();

  /** Hears from now on what other workers have. */
  constructor(private readonly link: GatewayLink) {
    link.answer('add-routes', (routes) => {
      this.add(routes);
      return null;
    });
    link.listen('remove-routes', ({ ids }) => {
      for (const id of ids) this.remove(id);
    });
  }

  /** Begins. */
  start(vhosts: Vhosts, links: WorkerLinks): void {
    this.vhosts = vhosts;
    this.links = links;
    for (const routes of [...this.early.values()]) this.add(routes);
  }

  async claimHttp(keys: readonly RouteKey[], owner: string, target: HttpTarget): Promise<() => void> {
    const id = await this.claim({ kind: 'http', keys, owner, options: target.options });
    this.http.set(id, target);
    return () => {
      this.http.delete(id);
      void this.link.tell('release-routes', { id });
    };
  }

  async claimHttps(keys: readonly RouteKey[], owner: string, target: HttpsTarget): Promise<() => void> {
    const id = await this.claim({ kind: 'https', keys, owner });
    this.https.set(id, target);
    return () => {
      this.https.delete(id);
      void this.link.tell('release-routes', { id });
    };
  }

  /** A user of a proxy of this worker who has come to another one. */
  take(header: Exclude<LinkHeader, { readonly to: 'session' }>, stream: ByteStream): void {
    if (header.to === 'https') {
      const target = this.https.get(header.id);
      if (target === undefined) stream.destroy();
      else target.open(stream, header.addresses);
      return;
    }
    const target = this.http.get(header.id);
    if (target === undefined) {
      stream.destroy();
      return;
    }
    const { gate } = target;
    if (gate?.enter() === false) {
      stream.destroy();
      return;
    }
    target.connect(header.user).then(
      (service) => {
        this.links?.join(stream, service, () => gate?.leave());
      },
      () => {
        gate?.leave();
        stream.destroy();
      },
    );
  }

  private async claim(claim: Omit<SharedRoutes, 'id' | 'member'>): Promise<number> {
    const id = await this.link.ask('claim-routes', claim, LEDGER_ANSWER_MS);
    if (id !== null) return id;
    // Whoever has them could not be let in here while this one had them too.
    setImmediate(() => {
      for (const routes of [...this.early.values()]) this.add(routes);
    });
    throw new RouteTakenError();
  }

  /** Of another worker. */
  add(routes: SharedRoutes): void {
    const { vhosts, links } = this;
    this.early.set(routes.id, routes);
    if (vhosts === undefined || links === undefined) return;
    if (routes.kind === 'https') {
      if (vhosts.https !== undefined) this.addTo(vhosts.https.routes, routes, new RemoteHttpsTarget(routes, links));
      return;
    }
    const { http } = vhosts;
    if (http === undefined) return;
    const target = new RemoteHttpTarget(routes, links);
    this.addTo(http.routes, routes, target, () => {
      http.drop(target);
    });
  }

  private addTo<T>(table: VhostRoutes<T>, routes: SharedRoutes, target: T, drop?: () => void): void {
    const { id, keys, owner } = routes;
    const removal = (): void => {
      for (const key of keys) table.delete(key, target);
      drop?.();
    };
    try {
      for (const key of keys) table.add(key, target, owner);
    } catch (error) {
      removal();
      if (!(error instanceof RouteTakenError)) throw error;
      return;
    }
    this.early.delete(id);
    this.removals.set(id, removal);
  }

  private remove(id: number): void {
    this.early.delete(id);
    this.removals.get(id)?.();
    this.removals.delete(id);
  }
}

/** An http proxy of another worker. */
class RemoteHttpTarget implements HttpTarget, HttpRoute {
  readonly options: HttpTargetOptions;

  constructor(
    private readonly routes: SharedRoutes,
    private readonly links: WorkerLinks,
  ) {
    this.options = routes.options ?? {};
  }

  next(): HttpTarget {
    return this;
  }

  async connect(user: UserAddress): Promise<ByteStream> {
    const { id, member } = this.routes;
    return this.links.watched(await this.links.connect(member, { to: 'http', id, user }));
  }
}

/** An https proxy of another worker. */
class RemoteHttpsTarget implements HttpsTarget {
  constructor(
    private readonly routes: SharedRoutes,
    private readonly links: WorkerLinks,
  ) {}

  open(user: ByteStream, addresses: ConnectionAddresses): void {
    this.links.connect(this.routes.member, { to: 'https', id: this.routes.id, addresses }).then(
      (link) => {
        this.links.join(user, link);
      },
      () => {
        user.destroy();
      },
    );
  }
}

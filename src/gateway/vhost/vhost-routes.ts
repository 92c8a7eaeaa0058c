import { DomainOwners } from './domain-owners';
import { canonicalHost } from './host-name';

/** What a route answers for. */
export interface RouteKey {
  /** A host, `*.` and a host of at least two labels, or `*` for all. */
  readonly domain: string;
  /** What the path begins with; empty for all. */
  readonly location: string;
  /** The user of the request's basic authentication; empty for all. */
  readonly httpUser: string;
}

/** The same domain, location and user have a target already, or the domain is another's. The text is the one that frpc shows for frps. */
export class RouteTakenError extends Error {
  constructor() {
    super('router config conflict');
    this.name = 'RouteTakenError';
  }
}

/**
 * Who serves which host and path (frp `pkg/util/vhost/router.go`): the exact host first, then wildcards from the narrowest to the
 * widest while three labels are left, then `*`; of each first the request's user and then nobody; of these the longest location.
 */
export class VhostRoutes<T> {
  private readonly domains = new Map<string, Map<string, Locations<T>>>();
  private routes = 0;
  private routesWithUser = 0;

  /** @param owners whose each domain is; shared by all who serve the same domains */
  constructor(private readonly owners = new DomainOwners()) {}

  get count(): number {
    return this.routes;
  }

  /** Whether the user of a request makes a difference to any route. */
  get dependOnUser(): boolean {
    return this.routesWithUser > 0;
  }

  /**
   * @param owner whose the domain is while it has routes, see {@link DomainOwners}
   * @throws RouteTakenError
   */
  add(key: RouteKey, target: T, owner = ''): void {
    const { httpUser, location } = key;
    const domain = canonicalHost(key.domain);
    const users = this.domains.get(domain) ?? new Map<string, Locations<T>>();
    const locations = users.get(httpUser) ?? new Locations<T>();
    if (!this.owners.take(domain, owner)) throw new RouteTakenError();
    if (!locations.add(location, target)) {
      this.owners.release(domain);
      throw new RouteTakenError();
    }
    users.set(httpUser, locations);
    this.domains.set(domain, users);
    this.routes += 1;
    if (httpUser !== '') this.routesWithUser += 1;
  }

  /** Routes of an owner's, here and wherever else its domains are served. */
  countOf(owner: string): number {
    return this.owners.countOf(owner);
  }

  /** @returns `false` when the route is not there, or leads to another target */
  delete(key: RouteKey, target: T): boolean {
    const { httpUser, location } = key;
    const domain = canonicalHost(key.domain);
    const users = this.domains.get(domain);
    const locations = users?.get(httpUser);
    if (users === undefined || locations === undefined || !locations.delete(location, target)) return false;
    if (locations.isEmpty) users.delete(httpUser);
    if (users.size === 0) this.domains.delete(domain);
    this.owners.release(domain);
    this.routes -= 1;
    if (httpUser !== '') this.routesWithUser -= 1;
    return true;
  }

  /**
   * @param host with or without port, in any case
   * @param path with escapes decoded
   * @param httpUser empty when there is none
   */
  find(host: string, path: string, httpUser: string): T | undefined {
    const name = canonicalHost(host);
    const exact = this.findIn(name, path, httpUser);
    if (exact !== undefined) return exact;
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      // What is behind the dot must have two labels: no `*.com`.
      if (!name.includes('.', dot + 1)) break;
      const wildcard = this.findIn(`*${name.slice(dot)}`, path, httpUser);
      if (wildcard !== undefined) return wildcard;
    }
    return this.findIn('*', path, httpUser);
  }

  private findIn(domain: string, path: string, httpUser: string): T | undefined {
    const users = this.domains.get(domain);
    if (users === undefined) return undefined;
    return users.get(httpUser)?.find(path) ?? (httpUser === '' ? undefined : users.get('')?.find(path));
  }
}

/** The locations of one domain and user: looked up by length, the longest first, so that their number doesn't matter. */
class Locations<T> {
  private readonly targets = new Map<string, T>();
  /** How many locations have which length. */
  private readonly counts = new Map<number, number>();
  /** The longest first. */
  private lengths: readonly number[] = [];

  get isEmpty(): boolean {
    return this.targets.size === 0;
  }

  add(location: string, target: T): boolean {
    if (this.targets.has(location)) return false;
    this.targets.set(location, target);
    const count = this.counts.get(location.length) ?? 0;
    this.counts.set(location.length, count + 1);
    if (count === 0) this.sort();
    return true;
  }

  delete(location: string, target: T): boolean {
    if (this.targets.get(location) !== target) return false;
    this.targets.delete(location);
    const left = (this.counts.get(location.length) ?? 0) - 1;
    if (left > 0) {
      this.counts.set(location.length, left);
    } else {
      this.counts.delete(location.length);
      this.sort();
    }
    return true;
  }

  find(path: string): T | undefined {
    for (const length of this.lengths) {
      if (length > path.length) continue;
      const target = this.targets.get(length === path.length ? path : path.slice(0, length));
      if (target !== undefined) return target;
    }
    return undefined;
  }

  private sort(): void {
    this.lengths = [...this.counts.keys()].sort((one, other) => other - one);
  }
}

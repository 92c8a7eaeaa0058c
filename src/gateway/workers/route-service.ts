import { DomainOwners } from '../vhost/domain-owners';
import { RouteTakenError, VhostRoutes } from '../vhost/vhost-routes';
import type { GatewayLink } from './gateway-link';
import { ROUTES_ANSWER_MS } from './limits';
import type { SharedRoutes } from './shared-routes';

/** The routes of all workers, in the primary: says who may have which, and tells the others of them. */
export class RouteService {
  private readonly links = new Map<number, GatewayLink>();
  private readonly byId = new Map<number, SharedRoutes>();
  private readonly owners = new DomainOwners();
  private readonly taken = {
    http: new VhostRoutes<SharedRoutes>(this.owners),
    https: new VhostRoutes<SharedRoutes>(this.owners),
  };
  private lastId = 0;

  get all(): readonly SharedRoutes[] {
    return [...this.byId.values()];
  }

  /** Serves a worker from now on. It is told of what there is already by whoever adds it. */
  add(member: number, link: GatewayLink): void {
    this.links.set(member, link);
    link.answer('claim-routes', async (claim) => {
      if (!this.links.has(member)) throw new Error('the worker has ended');
      const id = (this.lastId += 1);
      const routes = { ...claim, id, member };
      if (!this.take(routes)) return null;
      await Promise.allSettled(this.others(member).map((other) => other.ask('add-routes', routes, ROUTES_ANSWER_MS)));
      return id;
    });
    link.listen('release-routes', ({ id }) => {
      if (this.byId.get(id)?.member === member) this.release([id]);
    });
  }

  /** The worker has ended. */
  drop(member: number): void {
    if (!this.links.delete(member)) return;
    this.release(this.all.filter((routes) => routes.member === member).map(({ id }) => id));
  }

  /** @returns `false` when somebody has one of them */
  private take(routes: SharedRoutes): boolean {
    const { kind, keys, id, owner } = routes;
    const taken = this.taken[kind];
    let count = 0;
    try {
      for (const key of keys) {
        taken.add(key, routes, owner);
        count += 1;
      }
    } catch (error) {
      for (const key of keys.slice(0, count)) taken.delete(key, routes);
      if (!(error instanceof RouteTakenError)) throw error;
      return false;
    }
    this.byId.set(id, routes);
    return true;
  }

  private release(ids: readonly number[]): void {
    if (ids.length === 0) return;
    const owners = new Set<number>();
    for (const id of ids) {
      const routes = this.byId.get(id);
      if (routes === undefined) continue;
      this.byId.delete(id);
      owners.add(routes.member);
      for (const key of routes.keys) this.taken[routes.kind].delete(key, routes);
    }
    for (const [member, link] of this.links) if (!owners.has(member)) void link.tell('remove-routes', { ids });
  }

  private others(member: number): readonly GatewayLink[] {
    return [...this.links].filter(([other]) => other !== member).map(([, link]) => link);
  }
}

interface Owned {
  readonly owner: string;
  routes: number;
}

/**
 * Whose a domain is: who has the first route of it has all of it, until its last route is gone, so that nobody puts a path, a user or
 * another protocol of their own on somebody else's domain. Who has a wildcard, which operators alone give to tenants, has the hosts below
 * it too: others open none there, and keep those that they had before. Everything is below `*`, which therefore has nothing but itself.
 */
export class DomainOwners {
  private readonly owned = new Map<string, Owned>();
  private readonly routes = new Map<string, number>();

  /** Routes of an owner's, on all of its domains. */
  countOf(owner: string): number {
    return this.routes.get(owner) ?? 0;
  }

  /**
   * Counts a route; each is to be followed by one {@link release}.
   * @param domain canonical: a host, `*.` and a host, or `*`
   * @returns `false`, and nothing is counted: it is another's
   */
  take(domain: string, owner: string): boolean {
    const present = this.owned.get(domain);
    if (present === undefined) {
      if (this.isBelowAnothers(domain, owner)) return false;
      this.owned.set(domain, { owner, routes: 1 });
    } else {
      if (present.owner !== owner) return false;
      present.routes += 1;
    }
    this.routes.set(owner, this.countOf(owner) + 1);
    return true;
  }

  /** A route is gone. */
  release(domain: string): void {
    const present = this.owned.get(domain);
    if (present === undefined) return;
    present.routes -= 1;
    if (present.routes === 0) this.owned.delete(domain);
    const left = this.countOf(present.owner) - 1;
    if (left === 0) this.routes.delete(present.owner);
    else this.routes.set(present.owner, left);
  }

  private isBelowAnothers(domain: string, owner: string): boolean {
    for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) {
      // What is behind the dot must have two labels, as for those who look for a route.
      if (!domain.includes('.', dot + 1)) return false;
      const wildcard = this.owned.get(`*${domain.slice(dot)}`);
      if (wildcard !== undefined && wildcard.owner !== owner) return true;
    }
    return false;
  }
}

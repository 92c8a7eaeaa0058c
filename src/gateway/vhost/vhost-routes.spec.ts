import fc from 'fast-check';
import { type RouteKey, RouteTakenError, VhostRoutes } from './vhost-routes';

interface Route extends RouteKey {
  readonly target: string;
}

/** The rules as the protocol reference puts them, one after the other. */
function naiveFind(routes: readonly Route[], host: string, path: string, user: string): string | undefined {
  const labels = host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '').split('.');
  const candidates = [labels.join('.')];
  for (let rest = labels; rest.length >= 3; rest = rest.slice(1)) candidates.push(['*', ...rest.slice(1)].join('.'));
  candidates.push('*');
  for (const domain of candidates) {
    for (const httpUser of [user, '']) {
      const [best] = routes
        .filter((route) => route.domain.toLowerCase() === domain && route.httpUser === httpUser)
        .filter((route) => path.startsWith(route.location))
        .sort((one, other) => (one.location < other.location ? 1 : -1));
      if (best !== undefined) return best.target;
    }
  }
  return undefined;
}

const label = fc.constantFrom('a', 'b', 'com', 'Example');
const host = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const domain = fc.oneof(
  host,
  host.map((name) => `*.${name}`),
  fc.constant('*'),
);
const path = fc.array(fc.constantFrom('/', 'a', 'b', '/a'), { maxLength: 4 }).map((parts) => parts.join(''));
const user = fc.constantFrom('', 'u', 'v');

describe('VhostRoutes', () => {
  it('finds what the rules taken literally find, whatever was added and deleted', () => {
    const key = fc.record({ domain, location: path, httpUser: user });
    const question = fc.record({ host, path, user, suffix: fc.constantFrom('', '.', ':80', '.:8080') });
    const steps = fc.array(fc.tuple(key, fc.boolean()), { maxLength: 30 });
    fc.assert(
      fc.property(steps, fc.array(question, { minLength: 1, maxLength: 10 }), (changes, questions) => {
        const routes = new VhostRoutes<string>();
        let naive: Route[] = [];
        for (const [each, isAdded] of changes) {
          const target = `${each.domain} ${each.location} ${each.httpUser}`.toLowerCase();
          const isSame = (route: Route) => route.target === target;
          if (!isAdded) {
            expect(routes.delete(each, target)).toBe(naive.some(isSame));
            naive = naive.filter((route) => !isSame(route));
          } else if (naive.some(isSame)) {
            expect(() => {
              routes.add(each, target);
            }).toThrow(RouteTakenError);
          } else {
            routes.add(each, target);
            naive.push({ ...each, target });
          }
        }
        expect(routes.count).toBe(naive.length);
        expect(routes.dependOnUser).toBe(naive.some(({ httpUser }) => httpUser !== ''));
        for (const { host: name, path: asked, user: httpUser, suffix } of questions) {
          expect(routes.find(name + suffix, asked, httpUser)).toBe(naiveFind(naive, name, asked, httpUser));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('does not let a wildcard stand for a domain of one label', () => {
    const routes = new VhostRoutes<string>();
    routes.add({ domain: '*.com', location: '', httpUser: '' }, 'all');
    expect(routes.find('example.com', '/', '')).toBeUndefined();
  });

  it('keeps a route that somebody else asks to delete', () => {
    const routes = new VhostRoutes<string>();
    const key = { domain: 'a.example.com', location: '/', httpUser: '' };
    routes.add(key, 'mine');
    expect(routes.delete(key, 'yours')).toBe(false);
    expect(routes.find('A.example.com.:81', '/x', '')).toBe('mine');
  });

  it('says about a taken route what frps says', () => {
    expect(new RouteTakenError().message).toBe('router config conflict');
  });
});

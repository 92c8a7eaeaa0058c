import { DomainOwners } from '../vhost/domain-owners';
import { VhostRoutes } from '../vhost/vhost-routes';
import { claimRoutes } from './claim-routes';
import { ProxyRefusedError } from './proxy';

const key = (domain: string) => ({ domain, location: '', httpUser: '' });

const MAX_TENANT_ROUTES = 20_000;
const TOKEN = { id: 'tt_1' };

describe('claimRoutes', () => {
  it.each<[string, Parameters<typeof claimRoutes>[3], Parameters<typeof claimRoutes>[3], boolean]>([
    ['another token', TOKEN, { id: 'tt_2' }, false],
    ['another account', { id: 'tt_1', accountId: 'a' }, { id: 'tt_2', accountId: 'b' }, false],
    ['another token of the account', { id: 'tt_1', accountId: 'a' }, { id: 'tt_2', accountId: 'a' }, true],
    ['the token that a rotation made of it', TOKEN, { id: 'tt_2', supersedes: 'tt_1', rootId: 'tt_1' }, true],
    ['what was made of it in two rotations', TOKEN, { id: 'tt_3', supersedes: 'tt_2', rootId: 'tt_1' }, true],
    ['a token that calls its account as another is called', { id: 'tt_1', accountId: 'tt_2' }, { id: 'tt_2' }, false],
  ])('gives a path of a domain to %s: %#', (_whose, one, other, isGiven) => {
    const routes = new VhostRoutes<string>();
    claimRoutes(routes, [key('a.example')], 'one', one);
    const act = (): void => {
      claimRoutes(routes, [{ ...key('a.example'), location: '/login' }], 'other', other);
    };
    if (isGiven) expect(act).not.toThrow();
    else expect(act).toThrow('router config conflict');
    expect(routes.find('a.example', '/login', '')).toBe(isGiven ? 'other' : 'one');
  });

  it('gives a domain of http on https to nobody else', () => {
    const owners = new DomainOwners();
    claimRoutes(new VhostRoutes<string>(owners), [key('a.example')], 'one', TOKEN);
    const https = new VhostRoutes<string>(owners);
    expect(() => {
      claimRoutes(https, [key('a.example')], 'other', { id: 'tt_2' });
    }).toThrow(ProxyRefusedError);
    claimRoutes(https, [key('a.example')], 'one', TOKEN);
  });

  it('takes none of the routes when one is taken, and leaves that one to its owner', () => {
    const routes = new VhostRoutes<string>();
    claimRoutes(routes, [key('b.example')], 'other', TOKEN);
    expect(() => {
      claimRoutes(routes, [key('a.example'), key('b.example'), key('c.example')], 'mine', TOKEN);
    }).toThrow(ProxyRefusedError);
    claimRoutes(routes, [key('a.example'), key('c.example')], 'third', TOKEN);
    expect(() => {
      claimRoutes(routes, [key('b.example')], 'third', TOKEN);
    }).toThrow(ProxyRefusedError);
  });

  it.each([
    [MAX_TENANT_ROUTES, false],
    [MAX_TENANT_ROUTES + 1, true],
  ])('refuses %d routes of one tenant: %s', (count, isRefused) => {
    const routes = new VhostRoutes<string>();
    const keys = Array.from({ length: count }, (_, index) => key(`${String(index)}.example`));
    claimRoutes(routes, keys.slice(0, 10), 'one', TOKEN);
    const act = (): void => {
      claimRoutes(routes, keys.slice(10), 'other', TOKEN);
    };
    if (isRefused) expect(act).toThrow(ProxyRefusedError);
    else expect(act).not.toThrow();
  });

  it('passes a fault on as it is', () => {
    const routes = new VhostRoutes<string>();
    jest.spyOn(routes, 'add').mockImplementation(() => {
      throw new TypeError('broken');
    });
    expect(() => {
      claimRoutes(routes, [key('a.example')], 'mine', TOKEN);
    }).toThrow(TypeError);
  });
});

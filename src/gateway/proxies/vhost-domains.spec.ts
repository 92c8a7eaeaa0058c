import { type FrpMessage, type MessageOf, v1Codec } from '@tollgate/frp-wire';
import { readTunnelToken, type TunnelToken } from '@tollgate/tunnel-tokens';
import { type VhostDomainRules, domainsOf, shownDomain } from './vhost-domains';

const OPEN: VhostDomainRules = { subDomainHost: 'tunnel.test', isShared: false, requiresClaim: false };
const SHARED: VhostDomainRules = { ...OPEN, isShared: true };
const CLAIMED: VhostDomainRules = { ...SHARED, requiresClaim: true };

function newProxy(customDomains: readonly string[], subdomain = ''): MessageOf<'newProxy'> {
  const decoder = v1Codec.decoder();
  decoder.push(v1Codec.encode({ type: 'newProxy', proxyName: 'web', customDomains, subdomain }));
  return decoder.next() as FrpMessage & { type: 'newProxy' };
}

function token(settings: object = {}): TunnelToken {
  const parsed = readTunnelToken('secret', { token: 'secret', region: 'eu', enabled: true, ...settings });
  if (parsed.kind !== 'token') throw new Error(`${parsed.field} ${parsed.reason}`);
  return parsed.token;
}

describe('domainsOf', () => {
  const domains = (custom: readonly string[], subdomain = '', rules = OPEN, settings: object = {}): string[] =>
    domainsOf(newProxy(custom, subdomain), token(settings), rules);

  it('takes domains in lower case and once each, the subdomain last', () => {
    expect(domains(['B.example', '', 'a.example', 'b.EXAMPLE'], 'Web')).toEqual([
      'b.example',
      'a.example',
      'web.tunnel.test',
    ]);
  });

  it('refuses a proxy without any', () => {
    expect(() => domains([''])).toThrow(/custom domain|subdomain/i);
  });

  const ofLength = (length: number): string => `${'a'.repeat(length - 2)}.b`;

  it.each(['*', '*.example', 'a', '_acme.example', '1.2.3.4', ofLength(253)])('takes %s', (domain) => {
    expect(domains([domain])).toEqual([domain]);
  });

  it.each([
    ofLength(254),
    'a b',
    '*a.example',
    'a.*.example',
    '**',
    '.example',
    'example.',
    'a/b',
    'a:80',
    'a\r\nb',
    'ä.example',
    '-a',
  ])('refuses %j', (domain) => {
    expect(() => domains([domain])).toThrow('is not valid');
  });

  it('refuses a domain under the host of subdomains, and takes that host and its like', () => {
    expect(() => domains(['web.tunnel.test'])).toThrow('subdomain host');
    expect(() => domains(['*.Tunnel.test'])).toThrow('subdomain host');
    expect(domains(['tunnel.test', 'nottunnel.test'])).toHaveLength(2);
  });

  it.each(['a.b', '*', 'a*', '-', 'a b'])('refuses the subdomain %j', (subdomain) => {
    expect(() => domains([], subdomain)).toThrow();
  });

  it('refuses subdomains where there is no host for them', () => {
    expect(() => domains([], 'web', { ...OPEN, subDomainHost: undefined })).toThrow('subdomain');
  });

  describe('among tenants', () => {
    it('keeps a token to the domains that it has a claim to', () => {
      const settings = { customDomains: ['a.example', '*.b.example'] };
      for (const rules of [OPEN, SHARED, CLAIMED]) {
        expect(domains(['A.example', 'x.b.example', 'y.x.b.example', '*.b.example'], '', rules, settings)).toHaveLength(
          4,
        );
        for (const other of ['x.a.example', 'b.example', 'xb.example', '*.x.b.example', '*', 'c.example']) {
          expect(() => domains([other], '', rules, settings)).toThrow('not allowed for this token');
        }
      }
    });

    it('lets a claim to everything have any domain, and the wildcard itself, but no other wildcard', () => {
      expect(domains(['x.example', '*'], '', CLAIMED, { customDomains: ['*'] })).toHaveLength(2);
      expect(() => domains(['*.example'], '', CLAIMED, { customDomains: ['*'] })).toThrow('not allowed');
    });

    it('lets a token without claims have plain domains only where none is required, and wildcards only alone', () => {
      expect(domains(['a.example'], '', SHARED)).toEqual(['a.example']);
      expect(() => domains(['*.example'], '', SHARED)).toThrow('not allowed');
      expect(() => domains(['a.example'], '', CLAIMED)).toThrow('not allowed');
      expect(domains(['*.example'], '', { ...OPEN, requiresClaim: true })).toEqual(['*.example']);
    });

    it('keeps a token to its subdomains, and needs one named only where claims are required', () => {
      expect(domains([], 'web', CLAIMED, { subdomains: ['web'] })).toEqual(['web.tunnel.test']);
      expect(() => domains([], 'other', OPEN, { subdomains: ['web'] })).toThrow('not allowed');
      expect(domains([], 'web', SHARED)).toEqual(['web.tunnel.test']);
      expect(() => domains([], 'web', CLAIMED)).toThrow('not allowed');
    });
  });
});

describe('shownDomain', () => {
  it.each([
    [80, 'a.example'],
    [443, 'a.example'],
    [8_080, 'a.example:8080'],
  ])('shows port %d as %s', (port, shown) => {
    expect(shownDomain('a.example', port)).toBe(shown);
  });
});

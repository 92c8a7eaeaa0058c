import { settingsProblems } from '../../../test/support/settings-problems';
import { loadApiSettings } from './api.settings';
import { type TunnelSource, defaultRegionOf, tunnelSourceOf } from './tunnel.settings';

const ETCD = { ETCD_ENDPOINTS: 'a:2379, https://b:2379/' };

function sourceOf(env: Readonly<Record<string, string>>, isEmbedded = true): TunnelSource {
  return tunnelSourceOf(loadApiSettings(env), isEmbedded);
}

describe('the settings of tunnel tokens', () => {
  it('choose etcd where endpoints are set, else the embedded store, unless told otherwise', () => {
    expect(sourceOf({})).toEqual({ kind: 'embedded' });
    expect(sourceOf({}, false)).toEqual({ kind: 'none' });
    expect(sourceOf({ TENANT_SOURCE: 'single' })).toEqual({ kind: 'none' });
    expect(sourceOf({ ...ETCD, TENANT_SOURCE: 'embedded' })).toEqual({ kind: 'embedded' });
    const options = { endpoints: ['a:2379', 'https://b:2379'], prefix: '/frp/tokens/', tls: {} };
    expect(sourceOf(ETCD, false)).toEqual({ kind: 'etcd', options });
  });

  it('reach etcd as the gateway does', () => {
    const env = {
      ...ETCD,
      ETCD_PREFIX: '/x/',
      ETCD_DIAL_TIMEOUT: '3',
      ETCD_USERNAME: 'u',
      ETCD_PASSWORD: 'p',
      ETCD_CERT_FILE: 'c',
      ETCD_KEY_FILE: 'k',
      ETCD_CA_FILE: 'a',
    };
    expect(sourceOf(env)).toMatchObject({
      options: {
        prefix: '/x/',
        dialTimeoutMs: 3_000,
        username: 'u',
        password: 'p',
        tls: { certFile: 'c', keyFile: 'k', caFile: 'a' },
      },
    });
  });

  it('have a region for tokens that name none: the given one, or that of the embedded store', () => {
    const regionOf = (env: Readonly<Record<string, string>>): string | undefined => {
      const settings = loadApiSettings(env);
      return defaultRegionOf(settings, tunnelSourceOf(settings, true));
    };
    expect(regionOf({})).toBe('default');
    expect(regionOf(ETCD)).toBeUndefined();
    expect(regionOf({ ...ETCD, ETCD_REGION: 'eu' })).toBe('eu');
  });

  it.each([
    [{ TENANT_SOURCE: 'redis' }, 'TENANT_SOURCE', /must be one of etcd, embedded, single/],
    [{ TENANT_SOURCE: 'etcd' }, 'ETCD_ENDPOINTS', /must be set when TENANT_SOURCE=etcd/],
    [{ ETCD_ENDPOINTS: 'http://u:hunter2@a' }, 'ETCD_ENDPOINTS', /^(?!.*hunter2).*must list servers/],
    [{ ETCD_USERNAME: 'u' }, 'ETCD_PASSWORD', /must be set together/],
    [{ ETCD_CERT_FILE: 'c' }, 'ETCD_KEY_FILE', /must be set together/],
    [{ ETCD_DIAL_TIMEOUT: 'x' }, 'ETCD_DIAL_TIMEOUT', /must be/],
    [{ TUNNEL_TOKENS_PER_ACCOUNT: '0' }, 'TUNNEL_TOKENS_PER_ACCOUNT', /from 1 to 100000/],
    [{ TUNNEL_SELF_SERVICE: 'off' }, 'TUNNEL_SELF_SERVICE', /must be one of full, limited/],
  ])('refuse %j', (env, variable, rule) => {
    expect(settingsProblems(env)[variable]).toMatch(rule);
  });
});

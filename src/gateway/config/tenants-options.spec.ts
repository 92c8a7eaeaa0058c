import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@tollgate/config';
import { GatewayConfigLoader } from './gateway-config-loader';
import { GatewayConfigFolder } from '../../../test/support/gateway-config-folder';

const ETCD_TOML = `
bindPort = 7000
[etcd]
endpoints = ["10.0.0.1:2379", "https://10.0.0.2:2379/"]
region = "eu"
prefix = "/t/"
dialTimeout = 3
trafficReportUrl = "http://api.example.com/traffic/report"
username = "gateway"
password = "etcd-secret"
[etcd.tls]
certFile = "c.pem"
keyFile = "k.pem"
trustedCaFile = "ca.pem"
`;

describe('the settings of tenants', () => {
  let folder: GatewayConfigFolder;

  beforeAll(() => {
    folder = new GatewayConfigFolder();
  });

  afterAll(() => {
    folder.remove();
  });

  describe('on etcd', () => {
    it('come from the table', () => {
      const config = folder.load(ETCD_TOML);
      expect(config.tenants).toMatchObject({
        source: 'etcd',
        region: 'eu',
        etcd: {
          endpoints: ['10.0.0.1:2379', 'https://10.0.0.2:2379'],
          prefix: '/t/',
          dialTimeoutMs: 3_000,
          username: 'gateway',
          tls: { certFile: 'c.pem', keyFile: 'k.pem', trustedCaFile: 'ca.pem' },
        },
      });
      expect(config.tenants.source === 'etcd' && config.tenants.etcd.password?.reveal()).toBe('etcd-secret');
      expect(config.traffic).toEqual({ reportUrl: 'http://api.example.com/traffic/report' });
      expect(config.warnings).toEqual([]);
    });

    it('come from the environment before the file', () => {
      const { tenants, traffic, bind } = folder.load(ETCD_TOML, {
        BIND_PORT: '7001',
        ETCD_ENDPOINTS: 'h1:1, h2:2',
        ETCD_REGION: 'us',
        ETCD_PREFIX: '/env/',
        ETCD_DIAL_TIMEOUT: '250ms',
        ETCD_USERNAME: 'u',
        ETCD_PASSWORD: 'p',
        ETCD_CERT_FILE: 'ec',
        ETCD_KEY_FILE: 'ek',
        ETCD_CA_FILE: 'ea',
        TRAFFIC_REPORT_URL: 'https://r/',
        TRAFFIC_REPORT_KEY: 'key',
      });
      expect(tenants).toMatchObject({
        region: 'us',
        etcd: {
          endpoints: ['h1:1', 'h2:2'],
          prefix: '/env/',
          dialTimeoutMs: 250,
          username: 'u',
          tls: { certFile: 'ec', keyFile: 'ek', trustedCaFile: 'ea' },
        },
      });
      expect(tenants.source === 'etcd' && tenants.etcd.password?.reveal()).toBe('p');
      expect([bind.port, traffic.reportUrl, traffic.reportKey?.reveal()]).toEqual([7001, 'https://r', 'key']);
    });

    it('need no file, have defaults, and read a dial timeout without a unit as seconds', () => {
      const env = { ETCD_ENDPOINTS: 'h:2379', ETCD_REGION: 'eu' };
      const tenantsOf = (more: Environment): unknown => new GatewayConfigLoader({ ...env, ...more }).load().tenants;
      const etcd = { endpoints: ['h:2379'], prefix: '/frp/tokens/', dialTimeoutMs: 5_000, tls: {} };
      expect(tenantsOf({})).toEqual({ source: 'etcd', region: 'eu', etcd });
      expect(tenantsOf({ ETCD_DIAL_TIMEOUT: '7' })).toMatchObject({ etcd: { dialTimeoutMs: 7_000 } });
    });

    it('name what is missing where it would be set', () => {
      expect(Object.keys(folder.problems('', { TENANT_SOURCE: 'etcd' })).sort()).toEqual([
        'ETCD_ENDPOINTS',
        'ETCD_REGION',
      ]);
      expect(
        Object.keys(folder.problems('etcd.endpoints = ["h:1"]\netcd.username = "u"\netcd.tls.keyFile = "k"')).sort(),
      ).toEqual(['ETCD_CERT_FILE', 'ETCD_PASSWORD', 'ETCD_REGION']);
      expect(Object.keys(folder.problems('etcd.region = "r"\netcd.endpoints = ["http://u:hunter2@h:1"]'))).toEqual([
        'etcd.endpoints',
      ]);
    });
  });

  describe('of where tokens come from', () => {
    it('are single without etcd, and what TENANT_SOURCE says otherwise', () => {
      expect(folder.load('auth.token = "t"').tenants.source).toBe('single');
      expect(folder.load('', { TENANT_SOURCE: 'embedded' }).tenants).toEqual({ source: 'embedded', region: 'default' });
      expect(folder.load(ETCD_TOML, { TENANT_SOURCE: 'embedded' }).tenants).toEqual({
        source: 'embedded',
        region: 'eu',
      });
    });

    it('warn of what is not used for it', () => {
      expect(folder.warnings(`auth.token = "t"\n${ETCD_TOML}`)).toEqual([
        'auth.token: is not used: each tenant has a token of its own (TENANT_SOURCE is etcd)',
      ]);
      expect(folder.warnings(`auth.token = "t"\n${ETCD_TOML}`, { TENANT_SOURCE: 'single' }).join()).toMatch(
        /etcd\.endpoints: etcd is not used: TENANT_SOURCE is single$/,
      );
    });
  });

  describe('of auth', () => {
    it('read the token from a file, without the blanks around it', () => {
      writeFileSync(join(folder.path, 'token'), ' s3cret\n');
      const source = `auth.tokenSource.type = "file"\nauth.tokenSource.file.path = '${join(folder.path, 'token')}'\n`;
      const { tenants } = folder.load(source);
      expect(tenants.source === 'single' && tenants.token.reveal()).toBe('s3cret');
      expect(Object.keys(folder.problems(`${source}auth.token = "x"`))).toEqual(['auth.tokenSource']);
    });

    it.each([
      ['auth.method = "oidc"', 'auth.method', 'must be token: OIDC is not served yet'],
      ['auth.method = "none"', 'auth.method', 'must be token'],
      ['auth.additionalScopes = ["Everything"]', 'auth.additionalScopes', /HeartBeats, NewWorkConns/],
      ['auth.tokenSource.type = "exec"\nauth.tokenSource.exec.command = "x"', 'auth.tokenSource.type', /no program/],
      ['auth.tokenSource.type = "file"', 'auth.tokenSource.file.path', 'must be set'],
      ['auth.tokenSource = { type = "file", file = { path = "/nowhere" } }', 'auth.tokenSource.file.path', /ENOENT/],
    ])('refuse %s, since passing it over would open the door', (content, option, rule) => {
      expect(folder.problems(content)).toEqual({
        [option]: rule instanceof RegExp ? expect.stringMatching(rule) : rule,
      });
    });
  });
});

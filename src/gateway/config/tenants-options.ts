import { Secret, httpUrl } from '@tollgate/config';
import { DEFAULT_ETCD_PREFIX } from '@tollgate/tunnel-tokens';
import type { AuthOptions } from './file/auth-options';
import { readTlsFiles } from './file/server-options';
import type { EtcdConfig, TenantsConfig, TlsFiles, TrafficConfig } from './gateway-config';
import type { SettingSources } from './setting-sources';

const DEFAULT_DIAL_TIMEOUT_MS = 5_000;
const DIAL_TIMEOUT_BOUNDS = { minMs: 1, maxMs: 300_000 };
/** Of the embedded store, whose tokens all serve one gateway. */
const DEFAULT_REGION = 'default';
const ENDPOINT = /^(?:https?:\/\/)?(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;

/** The `[etcd]` table under the environment. Everything is read whatever the source, so that nothing of it goes unchecked. */
export function readTenants(sources: SettingSources, auth: AuthOptions): TenantsConfig {
  const { variables, reader, report, warn, nameOf, isGiven } = sources;
  const etcd = readEtcd(sources);
  const region = variables.ETCD_REGION ?? reader.text('etcd.region');
  const named = isGiven('TENANT_SOURCE') ? (variables.TENANT_SOURCE ?? 'single') : undefined;
  const source = named ?? (etcd.endpoints.length > 0 ? 'etcd' : 'single');

  if (source !== 'etcd' && etcd.endpoints.length > 0) {
    warn(nameOf('ETCD_ENDPOINTS', 'etcd.endpoints'), `etcd is not used: TENANT_SOURCE is ${source}`);
  }
  if (source !== 'single' && auth.token !== undefined) {
    warn('auth.token', `is not used: each tenant has a token of its own (TENANT_SOURCE is ${source})`);
  }
  switch (source) {
    case 'single':
      if (auth.token === undefined) warn('auth.token', 'is empty: whoever reaches the port may open tunnels');
      return { source, token: auth.token ?? new Secret('') };
    case 'embedded':
      return { source, region: region ?? DEFAULT_REGION };
    case 'etcd':
      if (etcd.endpoints.length === 0) {
        report(nameOf('ETCD_ENDPOINTS', 'etcd.endpoints'), 'must be set when TENANT_SOURCE=etcd');
      }
      if (region === undefined) {
        report(
          nameOf('ETCD_REGION', 'etcd.region'),
          'must be set with etcd: only tokens of this region may log in here',
        );
      }
      return { source, region: region ?? '', etcd };
  }
}

/** Where reports of traffic go. */
export function readTraffic({ variables, reader }: SettingSources): TrafficConfig {
  const inFile = reader.text('etcd.trafficReportUrl');
  const parsed = httpUrl().optional().safeParse(inFile);
  if (!parsed.success) reader.refuse('etcd.trafficReportUrl', parsed.error.issues[0]?.message ?? 'must be an address');
  const reportUrl = variables.TRAFFIC_REPORT_URL ?? parsed.data;
  const reportKey = variables.TRAFFIC_REPORT_KEY;
  return {
    ...(reportUrl === undefined ? {} : { reportUrl }),
    ...(reportKey === undefined ? {} : { reportKey }),
  };
}

function readEtcd(sources: SettingSources): EtcdConfig {
  const { variables, reader, report, nameOf } = sources;
  const listed = reader.textList('etcd.endpoints');
  const endpoints = (variables.ETCD_ENDPOINTS ?? listed ?? []).map((endpoint) => endpoint.trim().replace(/\/+$/, ''));
  if (!endpoints.every((endpoint) => ENDPOINT.test(endpoint))) {
    // Not shown: it may carry a password.
    report(
      nameOf('ETCD_ENDPOINTS', 'etcd.endpoints'),
      'must list servers as host:port, http://host:port or https://host:port',
    );
  }
  const prefix = reader.text('etcd.prefix');
  const dialTimeoutMs = reader.durationMs('etcd.dialTimeout', DIAL_TIMEOUT_BOUNDS);
  const inFile = { username: reader.text('etcd.username'), password: reader.secret('etcd.password') };
  const username = variables.ETCD_USERNAME ?? inFile.username;
  const password = variables.ETCD_PASSWORD ?? inFile.password;
  if (username !== undefined && password === undefined) {
    report(nameOf('ETCD_PASSWORD', 'etcd.password'), 'must be set together with ETCD_USERNAME or etcd.username');
  }
  if (password !== undefined && username === undefined) {
    report(nameOf('ETCD_USERNAME', 'etcd.username'), 'must be set together with ETCD_PASSWORD or etcd.password');
  }
  return {
    endpoints,
    prefix: variables.ETCD_PREFIX ?? prefix ?? DEFAULT_ETCD_PREFIX,
    dialTimeoutMs: variables.ETCD_DIAL_TIMEOUT ?? dialTimeoutMs ?? DEFAULT_DIAL_TIMEOUT_MS,
    ...(username === undefined || password === undefined ? {} : { username, password }),
    tls: readEtcdTls(sources),
  };
}

function readEtcdTls({ variables, reader, report, nameOf }: SettingSources): TlsFiles {
  const inFile = readTlsFiles(reader, 'etcd.tls');
  const certFile = variables.ETCD_CERT_FILE ?? inFile.certFile;
  const keyFile = variables.ETCD_KEY_FILE ?? inFile.keyFile;
  const trustedCaFile = variables.ETCD_CA_FILE ?? inFile.trustedCaFile;
  if (certFile !== undefined && keyFile === undefined) {
    report(
      nameOf('ETCD_KEY_FILE', 'etcd.tls.keyFile'),
      'must be set together with ETCD_CERT_FILE or etcd.tls.certFile',
    );
  }
  if (keyFile !== undefined && certFile === undefined) {
    report(
      nameOf('ETCD_CERT_FILE', 'etcd.tls.certFile'),
      'must be set together with ETCD_KEY_FILE or etcd.tls.keyFile',
    );
  }
  return {
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(trustedCaFile === undefined ? {} : { trustedCaFile }),
  };
}

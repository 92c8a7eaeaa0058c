import { type SettingsCheck, choice, duration, integer, secret, text, textList } from '@tollgate/config';
import type { EtcdOptions } from '@tollgate/tunnel-tokens';
import { z } from 'zod';

const SOURCES = ['etcd', 'embedded', 'single'] as const;
const ENDPOINT = /^(?:https?:\/\/)?(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;
/** Of the gateway on the embedded store, unless told otherwise. */
const EMBEDDED_REGION = 'default';

/** Whole seconds without a unit too, as the setting has been written before us. */
const dialTimeout = (): z.ZodType<number> =>
  z
    .string()
    .transform((value) => (/^\s*\d+\s*$/.test(value) ? `${value.trim()}s` : value))
    .pipe(duration(undefined, { min: '1ms', max: '5m' }) as z.ZodType<number, string>);

/** The variables of tunnel tokens; those that the gateway reads too have its names and mean the same. */
export const tunnelSettings = {
  /** Unset: etcd where endpoints are set, else embedded. */
  TENANT_SOURCE: z.enum(SOURCES, { error: `must be one of ${SOURCES.join(', ')}` }).optional(),
  ETCD_ENDPOINTS: textList().refine(
    // Not shown: it may carry a password.
    (endpoints) => endpoints.every((endpoint) => ENDPOINT.test(endpoint.replace(/\/+$/, ''))),
    'must list servers as host:port, http://host:port or https://host:port',
  ),
  ETCD_REGION: text().optional(),
  ETCD_PREFIX: text('/frp/tokens/'),
  ETCD_DIAL_TIMEOUT: dialTimeout().optional(),
  ETCD_USERNAME: text().optional(),
  ETCD_PASSWORD: secret().optional(),
  ETCD_CERT_FILE: text().optional(),
  ETCD_KEY_FILE: text().optional(),
  ETCD_CA_FILE: text().optional(),
  /** Tunnel tokens that one account may have; those that a rotation replaced count apart. */
  TUNNEL_TOKENS_PER_ACCOUNT: integer(100, { min: 1, max: 100_000 }),
  /** What accounts may do with their tunnel tokens; operators may do everything. */
  TUNNEL_SELF_SERVICE: choice(['full', 'limited'], 'full'),
};

type TunnelSettings = Readonly<z.output<z.ZodObject<typeof tunnelSettings>>>;

/** What the variables of tunnel tokens must be together. */
export const checkTunnelSettings: SettingsCheck<z.ZodObject<typeof tunnelSettings>> = (settings, report) => {
  if (settings.TENANT_SOURCE === 'etcd' && settings.ETCD_ENDPOINTS?.length === 0) {
    report('ETCD_ENDPOINTS', 'must be set when TENANT_SOURCE=etcd');
  }
  if ((settings.ETCD_USERNAME === undefined) !== (settings.ETCD_PASSWORD === undefined)) {
    report('ETCD_PASSWORD', 'and ETCD_USERNAME must be set together');
  }
  if ((settings.ETCD_CERT_FILE === undefined) !== (settings.ETCD_KEY_FILE === undefined)) {
    report('ETCD_KEY_FILE', 'and ETCD_CERT_FILE must be set together');
  }
};

/** Where tunnel tokens are managed. `none`: gateways know a single token, or the embedded store is not there. */
export type TunnelSource =
  { readonly kind: 'etcd'; readonly options: EtcdOptions } | { readonly kind: 'embedded' } | { readonly kind: 'none' };

/** @param isEmbedded whether the record store is the embedded one */
export function tunnelSourceOf(settings: TunnelSettings, isEmbedded: boolean): TunnelSource {
  const source = settings.TENANT_SOURCE ?? (settings.ETCD_ENDPOINTS.length > 0 ? 'etcd' : 'embedded');
  if (source === 'etcd') return { kind: 'etcd', options: etcdOptionsOf(settings) };
  return { kind: source === 'embedded' && isEmbedded ? 'embedded' : 'none' };
}

/** The region of a token that names none; `undefined`: each must name one. */
export function defaultRegionOf(settings: TunnelSettings, source: TunnelSource): string | undefined {
  return settings.ETCD_REGION ?? (source.kind === 'embedded' ? EMBEDDED_REGION : undefined);
}

function etcdOptionsOf(settings: TunnelSettings): EtcdOptions {
  const { ETCD_CERT_FILE: certFile, ETCD_KEY_FILE: keyFile, ETCD_CA_FILE: caFile } = settings;
  return {
    endpoints: settings.ETCD_ENDPOINTS.map((endpoint) => endpoint.replace(/\/+$/, '')),
    prefix: settings.ETCD_PREFIX,
    ...(settings.ETCD_DIAL_TIMEOUT === undefined ? {} : { dialTimeoutMs: settings.ETCD_DIAL_TIMEOUT }),
    ...(settings.ETCD_USERNAME === undefined ? {} : { username: settings.ETCD_USERNAME }),
    ...(settings.ETCD_PASSWORD === undefined ? {} : { password: settings.ETCD_PASSWORD.reveal() }),
    tls: {
      ...(certFile === undefined ? {} : { certFile }),
      ...(keyFile === undefined ? {} : { keyFile }),
      ...(caFile === undefined ? {} : { caFile }),
    },
  };
}

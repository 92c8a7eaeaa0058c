import {
  choice,
  duration,
  flag,
  httpUrl,
  installationSettings,
  port,
  processSettings,
  secret,
  text,
  textList,
} from '@tollgate/config';
import { workerCount } from '@tollgate/workers';
import { z } from 'zod';
import { limitVariables } from './gateway-limits';
import { portSet } from './port-sets';

/** Whole seconds without a unit too, as the setting has been written before us. */
const dialTimeout = (): z.ZodType<number> =>
  z
    .string()
    .transform((value) => (/^\s*\d+\s*$/.test(value) ? `${value.trim()}s` : value))
    .pipe(duration(undefined, { min: '1ms', max: '5m' }) as z.ZodType<number, string>);

/** Every variable that the gateway reads; `docs/configuration.md` explains them. */
export const gatewayVariables = z.object({
  ...processSettings,

  // These go before the file.
  BIND_PORT: port().optional(),
  ETCD_ENDPOINTS: textList().transform((list) => (list.length === 0 ? undefined : list)),
  ETCD_REGION: text().optional(),
  ETCD_PREFIX: text().optional(),
  ETCD_DIAL_TIMEOUT: dialTimeout().optional(),
  ETCD_USERNAME: text().optional(),
  ETCD_PASSWORD: secret().optional(),
  ETCD_CERT_FILE: text().optional(),
  ETCD_KEY_FILE: text().optional(),
  ETCD_CA_FILE: text().optional(),
  TRAFFIC_REPORT_URL: httpUrl().optional(),
  ...limitVariables,

  // These are not in the file.
  TRAFFIC_REPORT_KEY: secret().optional(),
  /** When unset, etcd where endpoints are set, and else what stands here; `npm start` says embedded. */
  TENANT_SOURCE: choice(['etcd', 'embedded', 'single'], 'single'),
  GATEWAY_HARD_ALLOW_PORTS: portSet().optional(),
  GATEWAY_ENFORCE_BANDWIDTH: flag(false),
  GATEWAY_REQUIRE_DOMAIN_CLAIM: flag(false),
  GATEWAY_WORKERS: workerCount(),
  GATEWAY_ADMIN_HOST: text('127.0.0.1'),
  GATEWAY_ADMIN_PORT: port(7500),
  // As the api reads them, for what the two share.
  MASTER_KEY: installationSettings.MASTER_KEY,
  MASTER_KEY_FILE: installationSettings.MASTER_KEY_FILE,
  REDIS_URL: installationSettings.REDIS_URL,
  REDIS_KEY_PREFIX: installationSettings.REDIS_KEY_PREFIX,
  SHUTDOWN_TIMEOUT: duration('10s', { min: '1s', max: '5m' }),
});

/** What of the environment is well formed. */
export type GatewayVariables = Partial<z.output<typeof gatewayVariables>>;

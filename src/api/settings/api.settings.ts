import {
  type Environment,
  type SettingsCheck,
  choice,
  cidrList,
  duration,
  flag,
  httpUrl,
  installationSettings,
  integer,
  loadSettings,
  port,
  processSettings,
  secret,
  text,
} from '@tollgate/config';
import { MIN_OPERATOR_KEY_LENGTH, MIN_TRAFFIC_REPORT_KEY_LENGTH, parseMasterKeys } from '@tollgate/auth';
import { MAX_WINDOW_LIMIT, findMisorderedWindows } from '@tollgate/limiter';
import { RedisUrlError, parseRedisUrl } from '@tollgate/redis';
import { workerCount } from '@tollgate/workers';
import { z } from 'zod';
import { checkTunnelSettings, tunnelSettings } from './tunnel.settings';
import { checkUploadSettings, uploadSettings } from './upload.settings';

const PRODUCTION_OPERATOR_KEY_LENGTH = 32;

const windowLimit = (fallback: number): z.ZodType<number> => integer(fallback, { min: 0, max: MAX_WINDOW_LIMIT });

/** Every variable that the api reads; `docs/configuration.md` explains them. */
export const apiSettingsSchema = z.object({
  ...processSettings,
  ...installationSettings,
  PORT: port(8081),
  /** Where to listen; by default loopback, and every interface when NODE_ENV=production. */
  HOST: text().optional(),
  /** Processes that serve; more than one run under a primary. */
  API_WORKERS: workerCount(),
  TRUST_PROXY: cidrList(),
  MAX_BODY_BYTES: integer(65_536, { min: 1_024, max: 16_777_216 }),
  REQUEST_TIMEOUT: duration('15s', { min: '1s' }),
  SHUTDOWN_TIMEOUT: duration('10s', { min: '1s', max: '5m' }),

  OPERATOR_KEY: secret({ minLength: MIN_OPERATOR_KEY_LENGTH }).optional(),
  /** What gateways present with traffic reports; none are taken without it. */
  TRAFFIC_REPORT_KEY: secret({ minLength: MIN_TRAFFIC_REPORT_KEY_LENGTH }).optional(),

  HMAC_TIMESTAMP_TOLERANCE: duration('15m', { min: '1s', max: '24h' }),
  HMAC_REQUIRE_SIGNED_QUERY: flag(false),
  HMAC_REPLAY_PROTECTION: choice(['fractional', 'strict'], 'fractional'),

  QINIU_STUB_ENABLED: flag(false),
  QINIU_STUB_TRUSTED_CIDRS: cidrList(),
  QINIU_UID_MAPPER_MODE: choice(['simple', 'database'], 'simple'),
  QINIU_UID_AUTO_CREATE: flag(false),

  REGISTRATION_MODE: choice(['open', 'admin'], 'open'),
  REGISTER_LIMIT_PER_MINUTE: integer(10, { min: 1, max: 1_000_000 }),

  ACCOUNT_FETCHER_MODE: choice(['local', 'external'], 'local'),
  EXTERNAL_ACCOUNT_API_URL: httpUrl().optional(),
  EXTERNAL_ACCOUNT_API_TOKEN: secret().optional(),
  EXTERNAL_ACCOUNT_CACHE_TTL: duration('30s', { max: '1h' }),
  USER_INFO_API_URL: httpUrl().optional(),
  USER_INFO_API_TOKEN: secret().optional(),
  USER_INFO_CACHE_TTL: duration('1m', { max: '1h' }),

  ENABLE_APP_RATE_LIMIT: flag(false),
  ENABLE_ACCOUNT_RATE_LIMIT: flag(false),
  ENABLE_TOKEN_RATE_LIMIT: flag(false),
  APP_RATE_LIMIT_PER_MINUTE: windowLimit(1_000),
  APP_RATE_LIMIT_PER_HOUR: windowLimit(50_000),
  APP_RATE_LIMIT_PER_DAY: windowLimit(1_000_000),
  /** Units taken in advance by a process; 0: each request asks for itself. */
  RATE_LIMIT_LEASE_APP: integer(0, { min: 0, max: 1_000_000 }),
  RATE_LIMIT_LEASE_ACCOUNT: integer(0, { min: 0, max: 1_000_000 }),
  RATE_LIMIT_LEASE_TOKEN: integer(0, { min: 0, max: 1_000_000 }),
  RATE_LIMIT_ON_REDIS_FAILURE: choice(['local', 'open', 'closed'], 'local'),
  RATE_LIMIT_REPLICAS: integer(1, { min: 1, max: 10_000 }),
  RATE_LIMIT_REDIS_TIMEOUT: duration('50ms', { min: '1ms', max: '5s' }),
  /** By address, a minute. */
  UNKNOWN_TOKEN_LIMIT_PER_MINUTE: integer(600, { min: 1, max: 1_000_000 }),
  OPERATOR_FAILURE_LIMIT_PER_MINUTE: integer(10, { min: 1, max: 1_000_000 }),
  PUBLIC_LIMIT_PER_MINUTE: integer(600, { min: 1, max: 1_000_000 }),
  ADDRESS_LIMIT_EXEMPT: cidrList(),
  METRICS_ALLOW: cidrList(),

  CACHE_TOKEN_TTL: duration('5s', { max: '5m' }),
  CACHE_TOKEN_MAX: integer(200_000, { min: 1_000, max: 10_000_000 }),

  ...uploadSettings,
  ...tunnelSettings,
});

/** The api's settings: parsed once at its start, frozen. */
export type ApiSettings = Readonly<z.output<typeof apiSettingsSchema>>;

const checkTogether: SettingsCheck<typeof apiSettingsSchema> = (settings, report) => {
  const production = settings.NODE_ENV === 'production';
  if (settings.MASTER_KEY !== undefined && settings.MASTER_KEY_FILE !== undefined) {
    report('MASTER_KEY_FILE', 'must not be set together with MASTER_KEY');
  }
  if (settings.MASTER_KEY !== undefined) {
    try {
      parseMasterKeys(settings.MASTER_KEY.reveal());
    } catch (error) {
      report('MASTER_KEY', `is not usable: ${(error as Error).message}`);
    }
  }
  if (production && settings.MASTER_KEY === undefined && settings.MASTER_KEY_FILE === undefined) {
    report(
      'MASTER_KEY',
      'or MASTER_KEY_FILE must be set when NODE_ENV=production (make one with `tollgate keys generate`)',
    );
  }
  const operatorKey = settings.OPERATOR_KEY?.reveal();
  if (production && operatorKey !== undefined && operatorKey.length < PRODUCTION_OPERATOR_KEY_LENGTH) {
    report(
      'OPERATOR_KEY',
      `must have at least ${String(PRODUCTION_OPERATOR_KEY_LENGTH)} characters when NODE_ENV=production`,
    );
  }
  if (settings.ACCOUNT_FETCHER_MODE === 'external' && settings.EXTERNAL_ACCOUNT_API_URL === undefined) {
    report('EXTERNAL_ACCOUNT_API_URL', 'must be set when ACCOUNT_FETCHER_MODE=external');
  }
  const windows = ['APP_RATE_LIMIT_PER_MINUTE', 'APP_RATE_LIMIT_PER_HOUR', 'APP_RATE_LIMIT_PER_DAY'] as const;
  for (const { name, shorter } of findMisorderedWindows(windows, (window) => settings[window])) {
    report(name, `must not be less than ${shorter}`);
  }
  if (settings.REDIS_URL !== undefined) {
    try {
      parseRedisUrl(settings.REDIS_URL.reveal());
    } catch (error) {
      if (!(error instanceof RedisUrlError)) throw error;
      report('REDIS_URL', error.rule);
    }
  }
  if (settings.QINIU_STUB_ENABLED === true && settings.QINIU_STUB_TRUSTED_CIDRS?.entries.length === 0) {
    report('QINIU_STUB_TRUSTED_CIDRS', 'must be set when QINIU_STUB_ENABLED=true');
  }
  checkUploadSettings(settings, report);
  checkTunnelSettings(settings, report);
};

/**
 * Reads the api's settings.
 * @param env the process's environment
 * @throws SettingsError that names every wrong variable at once, never a secret's value
 */
export function loadApiSettings(env: Environment): ApiSettings {
  return loadSettings(apiSettingsSchema, env, checkTogether);
}

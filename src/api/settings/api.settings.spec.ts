import { availableParallelism } from 'node:os';
import { formatMasterKey, newMasterKey } from '@tollgate/auth';
import { settingsProblems } from '../../../test/support/settings-problems';
import { loadApiSettings } from './api.settings';
import { storageOptionsOf } from './storage.settings';

const MASTER_KEY = formatMasterKey(newMasterKey());
const UPLOAD_AUTH_TOKEN = 'u'.repeat(32);
const PRODUCTION = { NODE_ENV: 'production', MASTER_KEY, UPLOAD_AUTH_TOKEN };

describe('the settings of the api', () => {
  it('have the defaults of the contract', () => {
    expect(loadApiSettings({})).toMatchObject({
      PORT: 8081,
      API_WORKERS: 1,
      ACCOUNT_FETCHER_MODE: 'local',
      QINIU_STUB_ENABLED: false,
      QINIU_UID_MAPPER_MODE: 'simple',
      QINIU_UID_AUTO_CREATE: false,
      HMAC_TIMESTAMP_TOLERANCE: 15 * 60_000,
      HMAC_REQUIRE_SIGNED_QUERY: false,
      HMAC_REPLAY_PROTECTION: 'fractional',
      SKIP_INDEX_CREATION: false,
      REGISTRATION_MODE: 'open',
      REGISTER_LIMIT_PER_MINUTE: 10,
      EXPIRED_TOKEN_RETENTION: 30 * 86_400_000,
    });
  });

  it.each([
    ['15m', 900_000],
    ['90s', 90_000],
  ])('read the tolerance %s', (text, ms) => {
    expect(loadApiSettings({ HMAC_TIMESTAMP_TOLERANCE: text }).HMAC_TIMESTAMP_TOLERANCE).toBe(ms);
  });

  it.each([
    ['1', 1],
    ['64', 64],
    ['auto', Math.min(64, availableParallelism())],
  ])('read %s workers', (text, count) => {
    expect(loadApiSettings({ API_WORKERS: text }).API_WORKERS).toBe(count);
  });

  it.each([
    ['redis+sentinel://127.0.0.1:26379', 'REDIS_URL'],
    ['redis://:secret-word@', 'REDIS_URL'],
  ])('refuse the Redis address %s without showing a password', (url, variable) => {
    const problem = settingsProblems({ REDIS_URL: url })[variable];
    expect(problem).toMatch(/must/);
    expect(problem).not.toContain('secret-word');
  });

  it('want the windows of the application in order', () => {
    const env = { APP_RATE_LIMIT_PER_MINUTE: '100', APP_RATE_LIMIT_PER_HOUR: '99', APP_RATE_LIMIT_PER_DAY: '0' };
    expect(settingsProblems(env)).toEqual({
      APP_RATE_LIMIT_PER_HOUR: 'must not be less than APP_RATE_LIMIT_PER_MINUTE',
    });
  });

  it.each(['0', '65', '-1', '1.5', 'AUTO', '2 4'])('refuse %s workers', (text) => {
    expect(settingsProblems({ API_WORKERS: text })['API_WORKERS']).toMatch(/auto or a whole number from 1 to 64/);
  });

  it('list every wrong variable at once', () => {
    const env = {
      PORT: '99999',
      API_WORKERS: 'many',
      LOG_LEVEL: 'loud',
      HMAC_TIMESTAMP_TOLERANCE: '15',
      HMAC_REPLAY_PROTECTION: 'maybe',
      QINIU_STUB_ENABLED: 'yes',
      QINIU_STUB_TRUSTED_CIDRS: '10.0.0.0/99',
      QINIU_UID_MAPPER_MODE: 'hard',
      ACCOUNT_FETCHER_MODE: 'remote',
      REGISTRATION_MODE: 'closed',
      REGISTER_LIMIT_PER_MINUTE: '0',
      MONGO_URI: 'postgres://x',
      MASTER_KEY: 'changeme',
      OPERATOR_KEY: 'short',
      TRUST_PROXY: 'everybody',
      USER_INFO_API_URL: 'ftp://x',
      BCRYPT_COST: '31',
      EXPIRED_TOKEN_RETENTION: '-1d',
    };
    expect(Object.keys(settingsProblems(env)).sort()).toEqual(Object.keys(env).sort());
  });

  it('never show the value of a secret', () => {
    const secret = 'hunter2hunter2';
    const env = {
      ...PRODUCTION,
      MASTER_KEY: `k1:${secret}`,
      OPERATOR_KEY: secret,
      MONGO_URI: `postgres://u:${secret}@h/db`,
      USER_INFO_API_URL: `https://u:${secret}@h/`,
      EXTERNAL_ACCOUNT_API_URL: `https://u:${secret}@h/`,
    };
    const found = settingsProblems(env);
    expect(Object.keys(found).sort()).toEqual(
      ['EXTERNAL_ACCOUNT_API_URL', 'MASTER_KEY', 'MONGO_URI', 'OPERATOR_KEY', 'USER_INFO_API_URL'].sort(),
    );
    expect(JSON.stringify(found)).not.toContain(secret);
  });

  it('show nothing of their secrets when printed', () => {
    const settings = loadApiSettings({
      MASTER_KEY,
      OPERATOR_KEY: 'operator-key-0123456789',
      MONGO_URI: 'mongodb://u:p4ss@h/db',
    });
    const printed = JSON.stringify(settings) + String(settings.MASTER_KEY);
    for (const secret of [MASTER_KEY, 'operator-key-0123456789', 'p4ss']) expect(printed).not.toContain(secret);
  });

  describe('in production', () => {
    it('need a master key from outside', () => {
      expect(settingsProblems({ NODE_ENV: 'production' })['MASTER_KEY']).toMatch(
        /must be set when NODE_ENV=production/,
      );
      expect(settingsProblems(PRODUCTION)).toEqual({});
      expect(
        settingsProblems({ ...PRODUCTION, MASTER_KEY: undefined, MASTER_KEY_FILE: '/run/secrets/master.keys' }),
      ).toEqual({});
    });

    it('refuse a placeholder for a master key', () => {
      const placeholder = `k1:${Buffer.alloc(32, 'changeme').toString('base64')}`;
      expect(settingsProblems({ ...PRODUCTION, MASTER_KEY: placeholder })['MASTER_KEY']).toMatch(/placeholder/);
    });

    it('refuse a short operator key', () => {
      expect(settingsProblems({ ...PRODUCTION, OPERATOR_KEY: 'a'.repeat(31) })['OPERATOR_KEY']).toMatch(/at least 32/);
      expect(settingsProblems({ ...PRODUCTION, OPERATOR_KEY: 'a'.repeat(32) })).toEqual({});
    });
  });

  it('need what belongs together', () => {
    expect(settingsProblems({ ACCOUNT_FETCHER_MODE: 'external' })).toEqual({
      EXTERNAL_ACCOUNT_API_URL: 'must be set when ACCOUNT_FETCHER_MODE=external',
    });
    expect(settingsProblems({ QINIU_STUB_ENABLED: 'true' })).toEqual({
      QINIU_STUB_TRUSTED_CIDRS: 'must be set when QINIU_STUB_ENABLED=true',
    });
    expect(settingsProblems({ MASTER_KEY, MASTER_KEY_FILE: '/x' })).toEqual({
      MASTER_KEY_FILE: 'must not be set together with MASTER_KEY',
    });
  });
});

describe('the record store', () => {
  const storage = (env: Record<string, string>): ReturnType<typeof storageOptionsOf> =>
    storageOptionsOf(loadApiSettings({ DATA_DIR: '/data', ...env }));

  it('is a file in DATA_DIR without MONGO_URI', () => {
    expect(storage({ MONGO_DATABASE: 'x' })).toEqual({ driver: 'sqlite', path: '/data/tollgate.db' });
  });

  it('is on MongoDB with MONGO_URI, in the database of MONGO_DATABASE where that is set', () => {
    const MONGO_URI = 'mongodb://h/inuri';
    const options = { driver: 'mongo', uri: MONGO_URI, createIndexes: true };
    expect(storage({ MONGO_URI })).toEqual(options);
    expect(storage({ MONGO_URI, MONGO_DATABASE: 'named' })).toEqual({ ...options, database: 'named' });
  });

  it('leaves indexes alone with SKIP_INDEX_CREATION', () => {
    expect(storage({ MONGO_URI: 'mongodb://h', SKIP_INDEX_CREATION: 'true' })).toMatchObject({ createIndexes: false });
  });
});

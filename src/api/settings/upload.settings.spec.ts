import { formatMasterKey, newMasterKey } from '@tollgate/auth';
import { settingsProblems } from '../../../test/support/settings-problems';
import { loadApiSettings } from './api.settings';

const KEY = 'k'.repeat(32);
const PRODUCTION = {
  NODE_ENV: 'production',
  MASTER_KEY: formatMasterKey(newMasterKey()),
  UPLOAD_AUTH_TOKEN: KEY,
};

describe('the settings of uploads', () => {
  it('have the defaults of the contract', () => {
    const settings = loadApiSettings({});
    expect(settings).toMatchObject({
      UPLOAD_TOKEN_EXPIRY: 3_600_000,
      UPLOAD_REQUIRE_AUTH: true,
      UPLOAD_MAX_ATTEMPTS: 5,
      UPLOAD_TOKEN_LIMIT_PER_MINUTE: 10,
      UPLOAD_MAX_BYTES: 2_147_483_648,
      UPLOAD_ALLOWED_TYPES: ['video/*'],
    });
    expect(settings.UPLOAD_PORT).toBeUndefined();
    expect(settings.UPLOAD_AUTH_TOKEN.reveal()).toBe('default_upload_token_change_me');
  });

  it('refuse to start in production on the default key', () => {
    const rule = /must be set when NODE_ENV=production/;
    expect(settingsProblems({ ...PRODUCTION, UPLOAD_AUTH_TOKEN: undefined })['UPLOAD_AUTH_TOKEN']).toMatch(rule);
    expect(settingsProblems({ ...PRODUCTION, UPLOAD_AUTH_TOKEN: '' })['UPLOAD_AUTH_TOKEN']).toMatch(rule);
    const spelt = { ...PRODUCTION, UPLOAD_AUTH_TOKEN: 'default_upload_token_change_me' };
    expect(settingsProblems(spelt)['UPLOAD_AUTH_TOKEN']).toMatch(rule);
  });

  it('refuse to start in production on a key of fewer than 32 characters', () => {
    expect(settingsProblems({ ...PRODUCTION, UPLOAD_AUTH_TOKEN: KEY.slice(1) })).toEqual({
      UPLOAD_AUTH_TOKEN: 'must have at least 32 characters when NODE_ENV=production',
    });
    expect(settingsProblems(PRODUCTION)).toEqual({});
  });

  it('refuse to start in production where uploads need no token', () => {
    expect(Object.keys(settingsProblems({ ...PRODUCTION, UPLOAD_REQUIRE_AUTH: 'false' }))).toEqual([
      'UPLOAD_REQUIRE_AUTH',
    ]);
    expect(settingsProblems({ UPLOAD_REQUIRE_AUTH: 'false' })).toEqual({});
  });

  it('take a short key for development, but none that no header could carry', () => {
    expect(settingsProblems({ UPLOAD_AUTH_TOKEN: 'short-key' })).toEqual({});
    for (const key of ['seven77', 'with a blank', '密钥密钥密钥密钥', 'a'.repeat(257)]) {
      expect(Object.keys(settingsProblems({ UPLOAD_AUTH_TOKEN: key }))).toEqual(['UPLOAD_AUTH_TOKEN']);
    }
  });

  it('never show the key', () => {
    const settings = loadApiSettings({ UPLOAD_AUTH_TOKEN: KEY });
    expect(JSON.stringify(settings) + String(settings.UPLOAD_AUTH_TOKEN)).not.toContain(KEY);
    expect(JSON.stringify(settingsProblems({ ...PRODUCTION, UPLOAD_AUTH_TOKEN: 'hunter2hunter2' }))).not.toContain(
      'hunter2',
    );
  });

  it.each([
    ['UPLOAD_TOKEN_EXPIRY', '999'],
    ['UPLOAD_TOKEN_EXPIRY', '604800001'],
    ['UPLOAD_TOKEN_EXPIRY', '1h'],
    ['UPLOAD_MAX_ATTEMPTS', '0'],
    ['UPLOAD_TOKEN_LIMIT_PER_MINUTE', '0'],
    ['UPLOAD_ALLOWED_TYPES', '*/*'],
    ['UPLOAD_ALLOWED_TYPES', 'video'],
    ['UPLOAD_CALLBACK_ALLOW', 'example.com'],
    ['UPLOAD_S3_PREFIX', 'no-slash'],
  ])('refuse %s=%s', (variable, value) => {
    expect(Object.keys(settingsProblems({ [variable]: value }))).toEqual([variable]);
  });

  it('need what belongs together', () => {
    expect(Object.keys(settingsProblems({ UPLOAD_STORAGE: 's3' }))).toEqual(['UPLOAD_S3_BUCKET']);
    const half = { UPLOAD_STORAGE: 's3', UPLOAD_S3_BUCKET: 'b', UPLOAD_S3_ACCESS_KEY_ID: 'a' };
    expect(Object.keys(settingsProblems(half))).toEqual(['UPLOAD_S3_SECRET_ACCESS_KEY']);
  });

  it('read DEBUG as the debug package does', () => {
    expect(loadApiSettings({ DEBUG: 'express, vpro:auth vpro:*' }).DEBUG).toEqual(['express', 'vpro:auth', 'vpro:*']);
  });
});

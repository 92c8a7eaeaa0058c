import { formatMasterKey, newMasterKey } from '@tollgate/auth';
import { useApi } from '../support/each-store';
import { type ApiProcess, startApi } from '../support/api-process';
import { eventually } from '../support/eventually';
import { callWithBearer } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';
import { ADMIN_KEY, issueUploadToken, uploadRefusal, verifyUploadToken } from '../support/upload-tokens';

const LIST = '/api/video/auth/upload-tokens';
const PROXIED = { TRUST_PROXY: '127.0.0.1' };
const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address });

/** A minute, and the slot of five seconds that the first of them lie in. */
const LONGEST_WAIT_SECONDS = 65;

function expectRateLimited(answer: Answer): void {
  expect(uploadRefusal(answer)).toBe('429 RATE_LIMITED');
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(LONGEST_WAIT_SECONDS);
}

describe('requests for upload tokens', () => {
  const api = useApi(undefined, { ...PROXIED, UPLOAD_TOKEN_LIMIT_PER_MINUTE: '10' });
  const issue = async (address: string, fields = {}): Promise<Answer> =>
    issueUploadToken(api().url, fields, from(address));

  it('pass ten times a minute from one address, and then say when to come back', async () => {
    for (let count = 0; count < 10; count += 1) expect((await issue('192.0.2.1')).status).toBe(200);
    expectRateLimited(await issue('192.0.2.1'));
    expect((await issue('192.0.2.2')).status).toBe(200);
  });

  it('count whether the key is right, wrong or missing', async () => {
    for (let count = 0; count < 4; count += 1) {
      expect(uploadRefusal(await issue('192.0.2.3', { authKey: 'wrong' }))).toBe('403 INVALID_AUTH_KEY');
      expect(uploadRefusal(await issue('192.0.2.3', { authKey: undefined }))).toBe('400 INVALID_REQUEST');
    }
    for (let count = 0; count < 2; count += 1) expect((await issue('192.0.2.3')).status).toBe(200);
    expectRateLimited(await issue('192.0.2.3'));
    expectRateLimited(await issue('192.0.2.3', { authKey: 'wrong' }));
  });

  it('pass exactly ten of fifty at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, async () => issue('192.0.2.4')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
  });

  it('of one IPv6 customer count together', async () => {
    for (let count = 0; count < 10; count += 1) await issue(`2001:db8:1:2::${String(count)}`);
    expectRateLimited(await issue('2001:db8:1:2:ffff::1'));
    expect((await issue('2001:db8:1:3::1')).status).toBe(200);
  });

  it('that are refused by the limit are audited', async () => {
    for (let count = 0; count < 11; count += 1) await issue('192.0.2.5');
    const path = '/api/v2/admin/audit-logs?action=issue_upload_token&limit=1';
    await eventually(5_000, async () => {
      const logs = await callWithBearer(api().url, api().operatorKey, 'GET', path);
      expect(logs.list('logs')[0]).toMatchObject({
        ip: '192.0.2.5',
        error_msg: 'too many requests from this address',
      });
    });
  });

  it('leave verification alone, which has the limit of all public routes', async () => {
    const token = (await issue('192.0.2.6')).string('token');
    for (let count = 0; count < 20; count += 1) {
      expect((await verifyUploadToken(api().url, token, from('192.0.2.6'))).status).toBe(200);
    }
  });
});

describe('strangers', () => {
  const api = useApi(undefined, {
    ...PROXIED,
    PUBLIC_LIMIT_PER_MINUTE: '20',
    UNKNOWN_TOKEN_LIMIT_PER_MINUTE: '5',
    OPERATOR_FAILURE_LIMIT_PER_MINUTE: '3',
  });
  const list = async (key: string, address: string): Promise<Answer> =>
    send(api().url, { method: 'GET', path: LIST, headers: { Authorization: `Bearer ${key}`, ...from(address) } });

  it('may try so many wrong keys, and then not even the right one', async () => {
    for (let count = 0; count < 3; count += 1) {
      expect(uploadRefusal(await list(`guess-${String(count)}`, '192.0.2.1'))).toBe('403 INVALID_AUTH_KEY');
    }
    expectRateLimited(await list('guess-3', '192.0.2.1'));
    expectRateLimited(await list(ADMIN_KEY, '192.0.2.1'));
    expectRateLimited(await list(api().operatorKey, '192.0.2.1'));
    expect((await list(ADMIN_KEY, '192.0.2.2')).status).toBe(200);
  });

  it('may guess so many tokens', async () => {
    const token = (await issueUploadToken(api().url)).string('token');
    for (let count = 0; count < 5; count += 1) {
      const guess = `ut-${String(count).repeat(64)}`;
      expect(uploadRefusal(await verifyUploadToken(api().url, guess, from('192.0.2.3')))).toBe(
        '401 INVALID_UPLOAD_TOKEN',
      );
    }
    expectRateLimited(await verifyUploadToken(api().url, `ut-${'a'.repeat(64)}`, from('192.0.2.3')));
    expectRateLimited(await verifyUploadToken(api().url, token, from('192.0.2.3')));
    expect((await verifyUploadToken(api().url, token, from('192.0.2.4'))).status).toBe(200);
  });

  it('may verify as often as they may ask public routes', async () => {
    const token = (await issueUploadToken(api().url)).string('token');
    for (let count = 0; count < 20; count += 1) {
      expect((await verifyUploadToken(api().url, token, from('192.0.2.5'))).status).toBe(200);
    }
    expectRateLimited(await verifyUploadToken(api().url, token, from('192.0.2.5')));
  });

  it.each([
    ['the path as it is', '/api/video/auth/verify-token', '192.0.2.6'],
    ['the path in another spelling', '/api/video/auth/verify%2Dtoken', '192.0.2.7'],
  ])('are audited where they verify too often: %s', async (_what, path, address) => {
    const body = { token: (await issueUploadToken(api().url)).string('token') };
    const verify = async (): Promise<Answer> => send(api().url, { method: 'POST', path, headers: from(address), body });
    for (let count = 0; count < 20; count += 1) expect((await verify()).status).toBe(200);
    expectRateLimited(await verify());
    await eventually(5_000, async () => {
      const query = '/api/v2/admin/audit-logs?action=validate_token&limit=100';
      const logs = (await callWithBearer(api().url, api().operatorKey, 'GET', query)).list('logs');
      const texts = logs.filter(({ ip }) => ip === address).map(({ error_msg: text }) => text);
      expect(texts).toContain('too many requests from this address');
    });
  });
});

describe('the limits of the application', () => {
  const api = useApi(undefined, { ENABLE_APP_RATE_LIMIT: 'true', APP_RATE_LIMIT_PER_MINUTE: '5' });

  it('count requests for upload tokens, and say so in headers', async () => {
    const first = await issueUploadToken(api().url);
    expect(first.headers['x-ratelimit-remaining-app']).toBe('4');
    for (let count = 0; count < 2; count += 1) await verifyUploadToken(api().url, first.string('token'));
    for (let count = 0; count < 2; count += 1) await callWithBearer(api().url, ADMIN_KEY, 'GET', LIST);
    expectRateLimited(await verifyUploadToken(api().url, first.string('token')));
    expectRateLimited(await callWithBearer(api().url, ADMIN_KEY, 'GET', LIST));
  });
});

describe('the log of upload tokens', () => {
  async function outputOf(env: Record<string, string>): Promise<{ output: string; secrets: string[] }> {
    const api: ApiProcess = await startApi({ env });
    const issued = await issueUploadToken(api.url, { callbackUrl: 'https://example.com/' });
    await verifyUploadToken(api.url, issued.string('token'));
    const path = `${LIST}/${issued.string('tokenId')}`;
    await callWithBearer(api.url, ADMIN_KEY, 'DELETE', path);
    await verifyUploadToken(api.url, issued.string('token'));
    await api.stop();
    return { output: api.output(), secrets: [issued.string('token'), issued.string('callbackSecret'), ADMIN_KEY] };
  }

  it('is raised by DEBUG=vpro:auth alone, and tells each decision without a value', async () => {
    const { output, secrets } = await outputOf({ DEBUG: 'vpro:auth', LOG_LEVEL: 'warn' });
    for (const text of [
      'upload token issued',
      'upload token verified',
      'upload token revoked',
      'upload token refused',
    ]) {
      expect(output).toContain(`"msg":"${text}"`);
    }
    const lines = output.split('\n').filter((line) => line.includes('"level":20'));
    expect(lines.every((line) => line.includes('"module":"upload-tokens"'))).toBe(true);
    for (const secret of secrets) expect(output).not.toContain(secret);
  });

  it('tells none of them otherwise, and warns of a key that everybody knows', async () => {
    const { output } = await outputOf({ LOG_LEVEL: 'info' });
    expect(output).not.toContain('upload token issued');
    expect(output).toContain('UPLOAD_AUTH_TOKEN is not set');
    expect(output).not.toContain(ADMIN_KEY);
  });
});

describe('NODE_ENV=production', () => {
  const production = { NODE_ENV: 'production', HOST: '127.0.0.1', MASTER_KEY: formatMasterKey(newMasterKey()) };

  it.each([
    ['without UPLOAD_AUTH_TOKEN', {}, 'must be set when NODE_ENV=production'],
    ['on its default', { UPLOAD_AUTH_TOKEN: ADMIN_KEY }, 'must be set when NODE_ENV=production'],
    ['on a short one', { UPLOAD_AUTH_TOKEN: 'a'.repeat(31) }, 'at least 32 characters'],
  ])('does not start %s, and says why', async (_what, env, rule) => {
    const started = startApi({ env: { ...production, ...env } });
    await expect(started).rejects.toThrow(/UPLOAD_AUTH_TOKEN/);
    await expect(started).rejects.toThrow(rule);
  });

  it('starts on a long one, and takes that one alone', async () => {
    const key = 'k'.repeat(32);
    const api = await startApi({ env: { ...production, UPLOAD_AUTH_TOKEN: key } });
    try {
      expect((await issueUploadToken(api.url, { authKey: key })).status).toBe(200);
      expect(uploadRefusal(await issueUploadToken(api.url))).toBe('403 INVALID_AUTH_KEY');
    } finally {
      await api.stop();
    }
  });
});

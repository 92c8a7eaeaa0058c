import { RedisConnection, RedisUploadReservations } from '@tollgate/redis';
import { type ApiProcess, startApi } from '../support/api-process';
import { callWithBearer } from '../support/hmac-client';
import { describeWithRedis } from '../support/redis-server';
import { ADMIN_KEY, issueUploadToken, uploadRefusal, verifyUploadToken } from '../support/upload-tokens';

const HOLD_MS = 30_000;

describeWithRedis('upload tokens with REDIS_URL', (redis) => {
  let api: ApiProcess;
  let connection: RedisConnection;
  beforeAll(async () => {
    const keyPrefix = redis().newKeyPrefix();
    api = await startApi({ env: { REDIS_URL: redis().url, REDIS_KEY_PREFIX: keyPrefix, UPLOAD_MAX_ATTEMPTS: '2' } });
    connection = RedisConnection.open({ url: redis().url, keyPrefix, onFault: () => undefined });
  });
  afterAll(async () => {
    await api.stop();
    await connection.close();
  });

  it('are reserved there: what another process holds is held here', async () => {
    const issued = await issueUploadToken(api.url);
    const reservations = new RedisUploadReservations(connection);
    const now = new Date();
    const token = {
      id: issued.string('tokenId'),
      accountId: '@upload-admin',
      purgeAt: new Date(now.getTime() + 60_000),
    };
    const bounds = { holdMs: HOLD_MS, maxAttempts: 2, maxReceivedBytes: 1_000 };
    const stateOf = async (): Promise<unknown> =>
      (await callWithBearer(api.url, ADMIN_KEY, 'GET', '/api/video/auth/upload-tokens')).list('tokens')[0]?.['state'];

    expect(await reservations.reserve(token, 'another', now, bounds)).toEqual({ kind: 'reserved' });
    const held = await verifyUploadToken(api.url, issued.string('token'));
    expect(uploadRefusal(held)).toBe('401 TOKEN_ALREADY_USED');
    expect(Number(held.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(held.headers['retry-after'])).toBeLessThanOrEqual(HOLD_MS / 1_000);
    expect(await stateOf()).toBe('uploading');

    await reservations.release(token, 'another', 0);
    expect((await verifyUploadToken(api.url, issued.string('token'))).status).toBe(200);
    expect(await stateOf()).toBe('open');

    await reservations.reserve(token, 'a second', now, bounds);
    await reservations.release(token, 'a second', 0);
    const spent = await verifyUploadToken(api.url, issued.string('token'));
    expect(uploadRefusal(spent)).toBe('401 TOKEN_ALREADY_USED');
    expect(spent.headers['retry-after']).toBeUndefined();
    expect(await stateOf()).toBe('spent');
  });
});

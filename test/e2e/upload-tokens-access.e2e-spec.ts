import { useApi } from '../support/each-store';
import { callWithBearer, newTenant } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';
import { ADMIN_KEY, uploadRefusal } from '../support/upload-tokens';

const FILES = '/api/video/files';

describe('who may ask for files', () => {
  const api = useApi(undefined, { TRUST_PROXY: '127.0.0.1', OPERATOR_FAILURE_LIMIT_PER_MINUTE: '3' });
  const ask = async (authorization?: string, address = '192.0.2.1'): Promise<Answer> => {
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    return send(api().url, { method: 'GET', path: FILES, headers: { ...headers, 'X-Forwarded-For': address } });
  };

  it('operators and the upload administrator, by their keys', async () => {
    expect((await ask(`Bearer ${api().operatorKey}`)).status).toBe(200);
    expect((await ask(`bearer ${ADMIN_KEY}`)).status).toBe(200);
  });

  it('accounts by a signature, or by a bearer token with the scope', async () => {
    const tenant = await newTenant(api().url);
    expect((await tenant.call('GET', FILES)).status).toBe(200);
    for (const [scope, status] of [
      [['storage:read'], 200],
      [['storage:*'], 200],
      [['storage:write'], 403],
      [[], 403],
    ] as const) {
      const token = (await tenant.createToken({ scope })).string('token');
      expect([scope, (await ask(`Bearer ${token}`)).status]).toEqual([scope, status]);
    }
  });

  it('nobody else, in the form of uploads', async () => {
    expect(uploadRefusal(await ask())).toBe('401 UNAUTHENTICATED');
    expect(uploadRefusal(await ask('Basic abc'))).toBe('401 UNAUTHENTICATED');
    expect(uploadRefusal(await ask(`Bearer sk-${'a'.repeat(64)}`))).toBe('401 UNAUTHENTICATED');
    expect(uploadRefusal(await ask('QINIU ak:sig'))).toBe('401 UNAUTHENTICATED');
  });

  it('nobody for a while from an address that has tried too many keys, but for tokens and signatures', async () => {
    const address = '192.0.2.9';
    for (let count = 0; count < 3; count += 1) {
      expect(uploadRefusal(await ask(`Bearer guess-${String(count)}`, address))).toBe('401 UNAUTHENTICATED');
    }
    for (const key of ['guess', ADMIN_KEY, api().operatorKey]) {
      expect(uploadRefusal(await ask(`Bearer ${key}`, address))).toBe('429 RATE_LIMITED');
    }
    const token = (await (await newTenant(api().url)).createToken({ scope: ['*'] })).string('token');
    expect((await ask(`Bearer ${token}`, address)).status).toBe(200);
    expect((await callWithBearer(api().url, ADMIN_KEY, 'GET', FILES)).status).toBe(200);
  });
});

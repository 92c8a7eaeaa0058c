import { useApi } from '../support/each-store';
import { newEmail, register } from '../support/hmac-client';
import type { Answer } from '../support/http-client';

describe('the limit on registrations', () => {
  const api = useApi(undefined, { REGISTER_LIMIT_PER_MINUTE: '10', TRUST_PROXY: '127.0.0.1' });
  const from = async (address: string, fields = {}): Promise<Answer> =>
    register(api().url, fields, { 'X-Forwarded-For': address });

  it('lets ten a minute through from one address, then says when to come back, and makes nothing', async () => {
    for (let count = 0; count < 10; count += 1) expect((await from('192.0.2.1')).status).toBe(201);
    const email = newEmail();
    const answer = await from('192.0.2.1', { email });
    expect(answer.status).toBe(429);
    expect(answer.body).toEqual({
      error: 'too many requests from this address',
      code: 429,
      timestamp: expect.any(String),
    });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    // A minute, and the slot of five seconds that the first of them lie in.
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(65);
    expect((await from('192.0.2.2', { email })).status).toBe(201);
  });

  it('counts failing attempts too', async () => {
    const email = newEmail();
    await from('192.0.2.4', { email });
    for (let count = 0; count < 5; count += 1) expect((await from('192.0.2.3', { email })).status).toBe(409);
    for (let count = 0; count < 5; count += 1) expect((await from('192.0.2.3', { email: 'x' })).status).toBe(400);
    expect((await from('192.0.2.3')).status).toBe(429);
  });

  it('knows one IPv4 address under both of its spellings', async () => {
    for (let count = 0; count < 5; count += 1) await from('192.0.2.5');
    for (let count = 0; count < 5; count += 1) await from('::ffff:192.0.2.5');
    expect((await from('192.0.2.5')).status).toBe(429);
  });
});

describe('the limit on registrations without a named proxy', () => {
  const api = useApi(undefined, { REGISTER_LIMIT_PER_MINUTE: '2' });

  it('is not got round by a forwarding header', async () => {
    const statuses = [];
    for (let count = 0; count < 3; count += 1) {
      const headers = { 'X-Forwarded-For': `192.0.2.${String(count)}`, 'X-Real-IP': `192.0.2.${String(count)}` };
      statuses.push((await register(api().url, {}, headers)).status);
    }
    expect(statuses).toEqual([201, 201, 429]);
  });
});

describe('REGISTRATION_MODE=admin', () => {
  const api = useApi(undefined, { REGISTRATION_MODE: 'admin' });

  it('lets only the operator register accounts', async () => {
    const email = newEmail();
    expect((await register(api().url, { email })).refusal).toBe('401 missing Authorization header');
    const wrong = await register(api().url, { email }, { Authorization: 'Bearer wrong-wrong-wrong-wrong' });
    expect(wrong.status).toBe(401);
    const right = await register(api().url, { email }, { Authorization: `Bearer ${api().operatorKey}` });
    expect(right.status).toBe(201);
  });
});

import { describeOnEachStore, useApi } from '../support/each-store';
import { callWithBearer, newEmail, newTenant, register, validate } from '../support/hmac-client';
import type { Answer } from '../support/http-client';

function byStatus(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function times(count: number, call: (index: number) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, async (_, index) => call(index)));
}

describeOnEachStore('many requests at once', (start) => {
  const api = useApi(start);

  it('200 registrations of one email make one account', async () => {
    const email = newEmail();
    const answers = await times(200, async (index) => register(api().url, { email, company: `C${String(index)}` }));
    expect(byStatus(answers)).toEqual({ 201: 1, 409: 199 });
    expect(answers.filter(({ refusal }) => refusal === '409 email already registered')).toHaveLength(199);
    const found = await callWithBearer(api().url, api().operatorKey, 'GET', `/api/v2/admin/accounts?search=${email}`);
    expect(found.body['total']).toBe(1);
    const winner = answers.find(({ status }) => status === 201);
    expect(found.list('accounts')[0]).toMatchObject({
      id: winner?.string('account_id'),
      access_key: winner?.string('access_key'),
      company: winner?.string('company'),
    });
  });

  it('50 deletes of one token delete it once, with one audit record', async () => {
    const tenant = await newTenant(api().url);
    const id = (await tenant.createToken()).string('token_id');
    const answers = await times(50, async () => tenant.call('DELETE', `/api/v2/tokens/${id}`));
    expect(byStatus(answers)).toEqual({ 200: 1, 404: 49 });
    const logs = await tenant.call('GET', `/api/v2/audit-logs?action=delete_token&limit=100`);
    expect(logs.list('logs').filter(({ result }) => result === 'success')).toHaveLength(1);
    expect(await tenant.tokenTotal()).toBe(0);
  });

  it('creations are all kept, each with its own id, value and audit record', async () => {
    const tenant = await newTenant(api().url);
    const answers = await times(60, async () => tenant.createToken());
    expect(byStatus(answers)).toEqual({ 201: 60 });
    expect(new Set(answers.map((answer) => answer.string('token_id'))).size).toBe(60);
    expect(new Set(answers.map((answer) => answer.string('token'))).size).toBe(60);
    expect(await tenant.tokenTotal()).toBe(60);
    const logs = await tenant.call('GET', '/api/v2/audit-logs?action=create_token&limit=1');
    expect(logs.body['total']).toBe(60);
  });

  it('regenerations leave exactly one SecretKey that works', async () => {
    const tenant = await newTenant(api().url);
    const answers = await times(10, async () => tenant.call('POST', '/api/v2/accounts/regenerate-sk'));
    const secrets = answers.filter(({ status }) => status === 200).map((answer) => answer.string('secret_key'));
    expect(secrets.length).toBeGreaterThan(0);
    const tried = await Promise.all(
      [tenant.secretKey, ...secrets].map(async (secretKey) =>
        tenant.call('GET', '/api/v2/accounts/me', undefined, { secretKey }),
      ),
    );
    expect(byStatus(tried)).toEqual({ 200: 1, 401: secrets.length });
  });

  it('deletes, switches and validates of one token end in its being gone', async () => {
    const tenant = await newTenant(api().url);
    const made = await tenant.createToken();
    const path = `/api/v2/tokens/${made.string('token_id')}`;
    const answers = await times(60, async (index) => {
      if (index === 30) return tenant.call('DELETE', path);
      if (index % 2 === 0) return tenant.call('PUT', `${path}/status`, { is_active: true });
      return validate(api().url, made.string('token'));
    });
    expect(answers[30]?.status).toBe(200);
    expect(answers.every(({ status }) => [200, 401, 404].includes(status))).toBe(true);
    expect((await validate(api().url, made.string('token'))).refusal).toBe('401 Token not found');
    expect((await tenant.call('GET', path)).refusal).toBe('404 token not found');
  });

  it('validations are all counted', async () => {
    const tenant = await newTenant(api().url);
    const made = await tenant.createToken();
    expect(byStatus(await times(300, async () => validate(api().url, made.string('token'))))).toEqual({ 200: 300 });
    const stats = await tenant.call('GET', `/api/v2/tokens/${made.string('token_id')}/stats`);
    expect(stats.body['total_requests']).toBe(300);
  });
});

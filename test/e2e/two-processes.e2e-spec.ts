import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiProcess, startApi } from '../support/api-process';
import { eventually } from '../support/eventually';
import { Tenant, callWithBearer, newEmail, newTenant, register, uniqueDate, validate } from '../support/hmac-client';

/** The bound that the architecture promises; the embedded store is a good deal quicker. */
const REVOKE_BOUND_MS = 1_000;

describe('two api processes on one embedded store', () => {
  let folder: string;
  let here: ApiProcess;
  let there: ApiProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-pair-'));
    // Both at once: they also make the keys and the tables at once.
    [here, there] = await Promise.all([startApi({ dataDir: folder }), startApi({ dataDir: folder })]);
  });
  afterAll(async () => {
    await Promise.all([here.stop(), there.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const elsewhere = (tenant: Tenant, secretKey = tenant.secretKey): Tenant =>
    new Tenant(there.url, tenant.accountId, tenant.accessKey, secretKey);

  it('share the keys that they made at their first start', async () => {
    expect(here.operatorKey).toBe(there.operatorKey);
    const tenant = await newTenant(here.url);
    expect((await elsewhere(tenant).call('GET', '/api/v2/accounts/me')).status).toBe(200);
    expect((await callWithBearer(there.url, here.operatorKey, 'GET', '/api/v2/admin/accounts')).status).toBe(200);
  });

  it('one sees a token that the other made at once, also when it was asked for too early', async () => {
    const tenant = await newTenant(here.url);
    const token = (await tenant.createToken()).string('token');
    expect((await validate(there.url, token)).status).toBe(200);
  });

  it.each([
    ['a revoke', 'Token is inactive'],
    ['a delete', 'Token not found'],
    ['a suspension', 'Account is suspended'],
  ])('one sees %s by the other within a second', async (what, message) => {
    const tenant = await newTenant(here.url);
    const made = await tenant.createToken();
    expect((await validate(there.url, made.string('token'))).status).toBe(200);
    const path = `/api/v2/tokens/${made.string('token_id')}`;
    if (what === 'a revoke') await tenant.call('PUT', `${path}/status`, { is_active: false });
    if (what === 'a delete') await tenant.call('DELETE', path);
    if (what === 'a suspension') {
      const account = `/api/v2/admin/accounts/${tenant.accountId}/status`;
      await callWithBearer(here.url, here.operatorKey, 'PUT', account, { status: 'suspended' });
    }
    expect((await validate(here.url, made.string('token'))).refusal).toBe(`401 ${message}`);
    await eventually(REVOKE_BOUND_MS, async () => {
      expect((await validate(there.url, made.string('token'))).refusal).toBe(`401 ${message}`);
    });
  });

  it('one sees a token come back to life within a second', async () => {
    const tenant = await newTenant(here.url);
    const made = await tenant.createToken();
    const path = `/api/v2/tokens/${made.string('token_id')}/status`;
    await tenant.call('PUT', path, { is_active: false });
    expect((await validate(there.url, made.string('token'))).status).toBe(401);
    await tenant.call('PUT', path, { is_active: true });
    await eventually(REVOKE_BOUND_MS, async () => {
      expect((await validate(there.url, made.string('token'))).status).toBe(200);
    });
  });

  it('a SecretKey that one replaced is dead in the other at once', async () => {
    const tenant = await newTenant(here.url);
    expect((await elsewhere(tenant).call('GET', '/api/v2/accounts/me')).status).toBe(200);
    const fresh = (await tenant.call('POST', '/api/v2/accounts/regenerate-sk')).string('secret_key');
    expect((await elsewhere(tenant).call('GET', '/api/v2/accounts/me')).refusal).toBe('401 invalid signature');
    expect((await elsewhere(tenant, fresh).call('GET', '/api/v2/accounts/me')).status).toBe(200);
  });

  it('an account that one suspended is locked out of the other at once', async () => {
    const tenant = await newTenant(here.url);
    const account = `/api/v2/admin/accounts/${tenant.accountId}/status`;
    await callWithBearer(here.url, here.operatorKey, 'PUT', account, { status: 'suspended' });
    expect((await elsewhere(tenant).call('GET', '/api/v2/accounts/me')).refusal).toBe('403 account suspended');
  });

  it('a signature that one has spent is spent in the other', async () => {
    const tenant = await newTenant(here.url);
    const options = { date: uniqueDate() };
    const answers = await Promise.all(
      Array.from({ length: 10 }, async (_, index) =>
        (index % 2 === 0 ? tenant : elsewhere(tenant)).call('POST', '/api/v2/tokens', { description: 'd' }, options),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 401)]);
  });

  it('one email becomes one account, whichever is asked', async () => {
    const email = newEmail();
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => register((index % 2 === 0 ? here : there).url, { email })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(39);
  });

  it('uses that both counted add up', async () => {
    const tenant = await newTenant(here.url);
    const made = await tenant.createToken();
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) =>
        validate((index % 2 === 0 ? here : there).url, made.string('token')),
      ),
    );
    await eventually(3_000, async () => {
      const stats = await tenant.call('GET', `/api/v2/tokens/${made.string('token_id')}/stats`);
      expect(stats.body['total_requests']).toBe(40);
    });
  });
});

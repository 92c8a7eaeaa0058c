import { describeOnEachStore, useApi } from '../support/each-store';
import { Tenant, newEmail, newTenant, register } from '../support/hmac-client';
import { send } from '../support/http-client';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ACCESS_KEY = /^AK_[0-9a-f]{32}$/;
const SECRET_KEY = /^SK_[0-9a-f]{64}$/;

describeOnEachStore('accounts', (start) => {
  const api = useApi(start);

  describe('POST /api/v2/accounts/register', () => {
    it('answers 201 with the account and its keys, and nothing else', async () => {
      const email = newEmail();
      const answer = await register(api().url, { email, company: 'Ünïcode GmbH' });
      expect(answer.status).toBe(201);
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.body).toEqual({
        account_id: expect.stringMatching(/^acc_[0-9A-Za-z]+$/),
        email,
        company: 'Ünïcode GmbH',
        access_key: expect.stringMatching(ACCESS_KEY),
        secret_key: expect.stringMatching(SECRET_KEY),
        created_at: expect.stringMatching(TIME),
      });
    });

    it('answers 409 for an email that is registered, whatever its case', async () => {
      const email = newEmail();
      await register(api().url, { email });
      for (const again of [email, email.toUpperCase()]) {
        const answer = await register(api().url, { email: again, company: 'Other' });
        expect(answer.status).toBe(409);
        expect(answer.body).toEqual({
          error: 'email already registered',
          code: 409,
          timestamp: expect.stringMatching(TIME),
        });
      }
    });

    it('ignores fields that existing clients send on top', async () => {
      const answer = await register(api().url, { id: 'acc_mine', status: 'suspended', access_key: 'AK_x', extra: {} });
      expect(answer.status).toBe(201);
      expect(answer.string('account_id')).not.toBe('acc_mine');
      expect(answer.string('access_key')).toMatch(ACCESS_KEY);
    });

    it.each([
      ['application/x-www-form-urlencoded', 'a form type, as curl -d sends it'],
      ['text/plain;charset=UTF-8', 'a text type, as fetch sends it'],
      ['multipart/form-data', 'a multipart type without a boundary'],
      ['application/json; charset=latin1', 'another charset'],
      ['garbage', 'no type at all in it'],
      ['application/', 'half a type'],
      [';;;', 'punctuation'],
      ['', 'nothing in it'],
    ])('reads the body as JSON under Content-Type %j: %s', async (type) => {
      expect((await register(api().url, {}, { 'Content-Type': type })).status).toBe(201);
    });

    it('reads the body as JSON without any Content-Type', async () => {
      const body = { email: newEmail(), company: 'C', password: 'correct horse' };
      const answer = await send(api().url, { method: 'POST', path: '/api/v2/accounts/register', body });
      expect(answer.status).toBe(201);
    });

    it('refuses what is wrong, names the field, and writes nothing', async () => {
      const email = newEmail();
      const wrong = await register(api().url, { email, password: 'short' });
      expect(wrong.refusal).toBe('400 password: must have at least 8 characters');
      expect((await register(api().url, { email, password: 'long enough' })).status).toBe(201);
    });
  });

  describe('GET /api/v2/accounts/me', () => {
    it('shows the account and never a secret', async () => {
      const email = newEmail();
      const made = await register(api().url, { email, company: 'Example Ltd' });
      const tenant = new Tenant(
        api().url,
        made.string('account_id'),
        made.string('access_key'),
        made.string('secret_key'),
      );
      const answer = await tenant.call('GET', '/api/v2/accounts/me');
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        id: tenant.accountId,
        email,
        company: 'Example Ltd',
        access_key: tenant.accessKey,
        status: 'active',
        created_at: made.string('created_at'),
        updated_at: made.string('created_at'),
      });
      expect(answer.text).not.toMatch(/SK_|\$2[aby]\$|v1\.|secret|password/);
    });
  });

  describe('POST /api/v2/accounts/regenerate-sk', () => {
    it('answers 200 with a new SecretKey for the same AccessKey, and the old one is dead at once', async () => {
      const old = await newTenant(api().url);
      const answer = await old.call('POST', '/api/v2/accounts/regenerate-sk');
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        access_key: old.accessKey,
        secret_key: expect.stringMatching(SECRET_KEY),
        updated_at: expect.stringMatching(TIME),
      });
      expect(answer.string('secret_key')).not.toBe(old.secretKey);
      expect((await old.call('GET', '/api/v2/accounts/me')).refusal).toBe('401 invalid signature');

      const fresh = new Tenant(old.url, old.accountId, old.accessKey, answer.string('secret_key'));
      const me = await fresh.call('GET', '/api/v2/accounts/me');
      expect(me.status).toBe(200);
      expect(me.body['updated_at']).toBe(answer.body['updated_at']);
    });

    it('leaves the tokens of the account alone', async () => {
      const tenant = await newTenant(api().url);
      const id = (await tenant.createToken()).string('token_id');
      const secretKey = (await tenant.call('POST', '/api/v2/accounts/regenerate-sk')).string('secret_key');
      const answer = await tenant.call('GET', `/api/v2/tokens/${id}`, undefined, { secretKey });
      expect(answer.body).toMatchObject({ token_id: id, is_active: true });
    });
  });

  it('GET /health answers 200 with status ok', async () => {
    const answer = await send(api().url, { method: 'GET', path: '/health' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'ok' });
  });
});

describe('GET /api/v2/permissions', () => {
  const api = useApi();

  it('lists the catalogue of the contract, and what concerns tunnels, without any credentials', async () => {
    const answer = await send(api().url, { method: 'GET', path: '/api/v2/permissions' });
    expect(answer.status).toBe(200);
    const categories = answer.list('categories');
    const permissions = categories.flatMap((category) => category['permissions'] as { scope: string }[]);
    const named = { name: expect.any(String), description: expect.any(String), permissions: expect.any(Array) };
    for (const category of categories) expect(category).toEqual(named);
    for (const permission of permissions) {
      expect(permission).toEqual({
        scope: expect.any(String),
        description: expect.any(String),
        example: expect.any(String),
      });
    }
    expect(permissions.map(({ scope }) => scope).sort()).toEqual(
      [
        '*',
        ...['read', 'write', 'delete', 'list', '*'].map((action) => `storage:${action}`),
        ...['refresh', 'purge', 'prefetch', '*'].map((action) => `cdn:${action}`),
        ...['read', 'write', 'delete', '*'].map((action) => `user:${action}`),
        ...['create', 'read', 'write', 'delete', '*'].map((action) => `token:${action}`),
        // Ours, beside those of the contract.
        ...['read', 'write', '*'].map((action) => `tunnel:${action}`),
      ].sort(),
    );
    expect(answer.body['total']).toBe(permissions.length);
  });

  it('takes an empty body under Content-Type: application/json', async () => {
    const headers = { 'Content-Type': 'application/json' };
    expect((await send(api().url, { method: 'GET', path: '/api/v2/permissions', headers })).status).toBe(200);
  });
});

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync, readdirSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { join } from 'node:path';
import { type StartOnStore, describeOnEachStore } from '../support/each-store';
import { Tenant, callWithBearer, newTenant, register, uniqueDate, validate } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';

const PASSWORD = 'correct-horse-battery-staple';
const WRONG_BEARER = `wrong-${'operator-key'.repeat(3)}`;

/** Every secret that was handed out or sent while a test ran, with a name for the report. */
class SecretCollector {
  readonly secrets = new Map<string, string>();

  private readonly onRequest = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    const header = request.getHeader('authorization');
    if (typeof header !== 'string') return;
    for (const part of header.split(/[ :]/).slice(1)) this.add('part of an Authorization header', part);
  };

  start(): void {
    subscribe('http.client.request.start', this.onRequest);
  }

  stop(): void {
    unsubscribe('http.client.request.start', this.onRequest);
  }

  add(name: string, secret: unknown): void {
    // An AccessKey is no secret, and a text this short could be anywhere by chance.
    if (typeof secret !== 'string' || secret.length < 16 || secret.startsWith('AK_')) return;
    this.secrets.set(secret, name);
  }

  addFrom(answer: Answer): Answer {
    for (const field of ['secret_key', 'token']) this.add(field, answer.body[field]);
    return answer;
  }

  /** Names of the secrets that a text holds. */
  foundIn(text: string | Buffer): string[] {
    return [...this.secrets].filter(([secret]) => text.includes(secret)).map(([, name]) => name);
  }
}

describeOnEachStore('secrets', (start: StartOnStore) => {
  it('that a broad run handed out or sent stand in no log line, no audit record and no stored byte', async () => {
    const collector = new SecretCollector();
    collector.start();
    const api = await start({
      env: { LOG_LEVEL: 'trace', QINIU_STUB_ENABLED: 'true', QINIU_STUB_TRUSTED_CIDRS: '127.0.0.1' },
    });
    const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
      callWithBearer(api.url, api.operatorKey, method, `/api/v2/admin/${path}`, body);

    collector.add('operator key', api.operatorKey);
    collector.add('password', PASSWORD);
    for (const key of readFileSync(join(api.dataDir, 'master.keys'), 'utf8').matchAll(/^\w+:(.+)$/gm)) {
      collector.add('master key', key[1]);
    }

    const made = collector.addFrom(await register(api.url, { password: PASSWORD }));
    await register(api.url, { email: made.string('email'), password: PASSWORD });
    await register(api.url, { email: PASSWORD, password: PASSWORD });
    await register(api.url, { password: [PASSWORD] });
    const broken = `{"password":"${PASSWORD}"`;
    await send(api.url, { method: 'POST', path: '/api/v2/accounts/register', body: broken });
    let tenant = new Tenant(api.url, made.string('account_id'), made.string('access_key'), made.string('secret_key'));
    await tenant.call('GET', '/api/v2/accounts/me');
    await tenant.call('GET', '/api/v2/accounts/me', undefined, { secretKey: `SK_${'wrong'.repeat(12)}` });
    await tenant.call('GET', '/api/v2/accounts/me', undefined, { date: '2020-01-01T00:00:00Z' });
    const regenerated = collector.addFrom(await tenant.call('POST', '/api/v2/accounts/regenerate-sk'));
    tenant = new Tenant(api.url, tenant.accountId, tenant.accessKey, regenerated.string('secret_key'));

    const token = collector.addFrom(await tenant.createToken({ scope: ['a:b'], expires_in: 60, prefix: 'mine' }));
    const value = token.string('token');
    const path = `/api/v2/tokens/${token.string('token_id')}`;
    const replayed = { date: uniqueDate() };
    for (let time = 0; time < 2; time += 1) {
      const answer = await tenant.call('POST', '/api/v2/tokens', { description: 'd' }, replayed);
      if (answer.status === 201) collector.addFrom(answer);
    }
    for (const [method, part] of [
      ['GET', ''],
      ['GET', '/stats'],
      ['PUT', '/status'],
      ['DELETE', 'x'],
    ] as const) {
      await tenant.call(method, path + part, method === 'PUT' ? { is_active: true, secret: PASSWORD } : undefined);
    }
    // A careless client puts its token where it does not belong.
    await tenant.call('GET', `/api/v2/tokens?token=${value}&limit=${value}`);
    await send(api.url, { method: 'GET', path: `/nowhere/${value}?token=${value}` });
    await send(api.url, { method: 'GET', path: `/api/v2/tokens/%zz${value}` });
    await tenant.call('GET', `/api/v2/audit-logs?action=${value}`);

    for (const route of ['/api/v2/validate', '/api/v2/validateu']) {
      for (const presented of [value, `${value}x`, value.slice(0, -1), tenant.secretKey, PASSWORD]) {
        await validate(api.url, presented, { required_scope: 'a:b' }, route);
        await validate(api.url, presented, { required_scope: presented }, route);
      }
    }
    await operator('GET', 'accounts');
    await operator('PUT', `accounts/${tenant.accountId}/status`, { status: 'suspended' });
    await validate(api.url, value);
    await tenant.call('GET', '/api/v2/accounts/me');
    await operator('PUT', `accounts/${tenant.accountId}/status`, { status: 'active', key: api.operatorKey });
    await operator('PUT', `accounts/${tenant.accountId}/status`, { status: 'active' });
    await callWithBearer(api.url, WRONG_BEARER, 'GET', '/api/v2/admin/accounts');
    await send(api.url, {
      method: 'GET',
      path: '/api/v2/accounts/me',
      headers: { Authorization: `QiniuStub uid=1&ut=1&ak=${PASSWORD}` },
    });
    collector.stop();
    await newTenant(api.url);

    const audit: string[] = [];
    for (let offset = 0; ; offset += 100) {
      const page = await operator('GET', `audit-logs?limit=100&offset=${String(offset)}`);
      audit.push(page.text);
      if (page.list('logs').length < 100) break;
    }
    const lists = [(await operator('GET', 'accounts')).text, (await tenant.call('GET', '/api/v2/tokens')).text];
    const output = (): string => api.output();
    const { dataDir } = api;
    const stored = readdirSync(dataDir)
      .filter((name) => name.startsWith('tollgate.db'))
      .map((name) => readFileSync(join(dataDir, name)));
    await api.stop();

    expect(collector.secrets.size).toBeGreaterThan(20);
    expect([...collector.secrets.values()]).toEqual(
      expect.arrayContaining(['master key', 'secret_key', 'token', 'part of an Authorization header']),
    );
    expect(output().length).toBeGreaterThan(1_000);
    expect(collector.foundIn(output())).toEqual([]);
    expect(audit.flatMap((text) => collector.foundIn(text))).toEqual([]);
    expect(lists.flatMap((text) => collector.foundIn(text))).toEqual([]);
    expect(stored.flatMap((bytes) => collector.foundIn(bytes))).toEqual([]);
  });
});

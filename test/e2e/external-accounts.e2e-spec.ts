import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type ApiProcess, startApi } from '../support/api-process';
import { DirectoryServer } from '../support/directory-server';
import { eventually } from '../support/eventually';
import { Tenant, callWithBearer, register, validate } from '../support/hmac-client';
import { uploadRefusal, verifyUploadToken } from '../support/upload-tokens';

const ME = '/api/v2/accounts/me';
const CACHE_TTL_MS = 1_000;
const CACHE_LAG_MS = CACHE_TTL_MS + 2_000;
const UNAVAILABLE = '503 account directory unavailable';

interface Entry {
  readonly id: string;
  readonly email: string;
  readonly access_key: string;
  readonly secret_key: string;
  status: string;
}

describe('ACCOUNT_FETCHER_MODE=external', () => {
  let directory: DirectoryServer;
  let api: ApiProcess;
  const entries = new Map<string, Entry>();

  beforeAll(async () => {
    directory = await DirectoryServer.start();
    api = await startApi({
      env: {
        ACCOUNT_FETCHER_MODE: 'external',
        EXTERNAL_ACCOUNT_API_URL: `${directory.url}/base/`,
        EXTERNAL_ACCOUNT_API_TOKEN: 'directory-bearer',
        EXTERNAL_ACCOUNT_CACHE_TTL: `${String(CACHE_TTL_MS)}ms`,
      },
    });
  });
  afterAll(async () => {
    await api.stop();
    await directory.stop();
  });
  beforeEach(() => {
    directory.asked.length = 0;
    directory.answer((query, response) => {
      const entry = entries.get(query.get('access_key') ?? '');
      if (entry === undefined) response.writeHead(404).end('{}');
      else json(response, entry);
    });
  });

  const json = (response: ServerResponse, body: unknown): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  /** A tenant that only the directory knows. */
  function enrol(fields: Partial<Entry> = {}): { tenant: Tenant; entry: Entry } {
    const id = `ext_${randomBytes(6).toString('hex')}`;
    const entry: Entry = {
      id,
      email: `${id}@example.com`,
      access_key: randomBytes(16).toString('hex'),
      secret_key: randomBytes(32).toString('hex'),
      status: 'active',
      ...fields,
    };
    entries.set(entry.access_key, entry);
    return { entry, tenant: new Tenant(api.url, entry.id, entry.access_key, entry.secret_key) };
  }
  const me = async (tenant: Tenant): Promise<string> => (await tenant.call('GET', ME)).refusal;
  /** Makes the breaker forget earlier failures, whatever state it is in. */
  const recover = async (): Promise<void> => {
    await eventually(10_000, async () => {
      expect(await me(enrol().tenant)).toBe('200 undefined');
    });
    for (let count = 0; count < 12; count += 1) await me(enrol().tenant);
  };

  const recoverAnswers = async (): Promise<void> => {
    directory.answer((query, response) => {
      json(response, entries.get(query.get('access_key') ?? ''));
    });
    await recover();
  };

  it('asks GET {url}/api/accounts?access_key=… with its bearer, once within the cache time', async () => {
    const { tenant, entry } = enrol();
    for (let count = 0; count < 3; count += 1) expect((await tenant.call('GET', ME)).status).toBe(200);
    expect(directory.asked).toEqual([
      { path: '/base/api/accounts', query: `access_key=${entry.access_key}`, authorization: 'Bearer directory-bearer' },
    ]);
  });

  it('lets such an account do everything, and shows it as the directory tells it', async () => {
    const { tenant, entry } = enrol();
    const answer = await tenant.call('GET', ME);
    expect(answer.body).toMatchObject({
      id: entry.id,
      email: entry.email,
      access_key: entry.access_key,
      status: 'active',
    });
    const made = await tenant.createToken({ scope: ['a:b'] });
    expect((await validate(api.url, made.string('token'), { required_scope: 'a:b' })).status).toBe(200);
    expect((await tenant.call('GET', '/api/v2/audit-logs')).body['total']).toBe(1);
  });

  it('takes many first requests at once for one question', async () => {
    const { tenant } = enrol();
    const answers = await Promise.all(Array.from({ length: 20 }, async () => me(tenant)));
    expect(new Set(answers)).toEqual(new Set(['200 undefined']));
    expect(directory.asked).toHaveLength(1);
  });

  it('answers an unknown AccessKey like a wrong signature', async () => {
    const { tenant } = enrol();
    const nobody = new Tenant(api.url, '', 'f'.repeat(32), 'secret');
    expect(await me(nobody)).toBe('401 invalid signature');
    expect((await tenant.call('GET', ME, undefined, { secretKey: 'wrong' })).refusal).toBe('401 invalid signature');
  });

  it('sees a new SecretKey and a suspension within the cache time, and validate as of the last fetch', async () => {
    const { tenant, entry } = enrol();
    const token = (await tenant.createToken()).string('token');
    entries.set(entry.access_key, { ...entry, secret_key: 'renewed' });
    await eventually(CACHE_LAG_MS, async () => {
      expect(await me(tenant)).toBe('401 invalid signature');
    });
    const renewed = new Tenant(api.url, entry.id, entry.access_key, 'renewed');
    expect(await me(renewed)).toBe('200 undefined');
    entries.set(entry.access_key, { ...entry, secret_key: 'renewed', status: 'suspended' });
    await eventually(CACHE_LAG_MS, async () => {
      expect(await me(renewed)).toBe('403 account suspended');
    });
    expect((await validate(api.url, token)).refusal).toBe('401 Account is suspended');
  });

  it('revokes the upload tokens of an account that is suspended there, and of no other, for good', async () => {
    const { tenant, entry } = enrol();
    const stranger = enrol().tenant;
    const issue = async (by: Tenant): Promise<string> =>
      (await by.call('POST', '/api/v2/upload-tokens')).string('token');
    const tokens = [await issue(tenant), await issue(tenant)];
    const other = await issue(stranger);
    entry.status = 'suspended';
    await eventually(CACHE_LAG_MS, async () => {
      expect(await me(tenant)).toBe('403 account suspended');
    });
    entry.status = 'active';
    await eventually(CACHE_LAG_MS, async () => {
      expect(await me(tenant)).toBe('200 undefined');
    });
    for (const token of tokens) {
      expect(uploadRefusal(await verifyUploadToken(api.url, token))).toBe('401 INVALID_UPLOAD_TOKEN');
    }
    expect((await verifyUploadToken(api.url, other)).status).toBe(200);
    expect((await verifyUploadToken(api.url, await issue(tenant))).status).toBe(200);
  });

  it.each(['disabled', 'ACTIVE', ''])('takes the status %j for suspended', async (status) => {
    expect(await me(enrol({ status }).tenant)).toBe('403 account suspended');
  });

  it('lets two accounts of one email both in', async () => {
    const email = 'shared@example.com';
    expect(await me(enrol({ email }).tenant)).toBe('200 undefined');
    expect(await me(enrol({ email }).tenant)).toBe('200 undefined');
  });

  it('answers 501 to register, regenerate-sk and a change of status', async () => {
    const { tenant, entry } = enrol();
    expect((await register(api.url)).status).toBe(501);
    expect((await tenant.call('POST', '/api/v2/accounts/regenerate-sk')).status).toBe(501);
    await me(tenant);
    const path = `/api/v2/admin/accounts/${entry.id}/status`;
    expect((await callWithBearer(api.url, api.operatorKey, 'PUT', path, { status: 'suspended' })).status).toBe(501);
  });

  it('repeats a question once that failed in passing', async () => {
    const { tenant, entry } = enrol();
    let asked = 0;
    directory.answer((_query, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(500).end();
      else json(response, entry);
    });
    expect(await me(tenant)).toBe('200 undefined');
    expect(asked).toBe(2);
  });

  it.each<[string, (response: ServerResponse, entry: Entry) => void]>([
    ['500', (response) => response.writeHead(500).end('stack trace of the directory')],
    ['503', (response) => response.writeHead(503).end()],
    ['401', (response) => response.writeHead(401).end()],
    ['a redirect', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['no JSON', (response) => response.writeHead(200).end('<html>')],
    ['a list', (response) => response.writeHead(200).end('[]')],
    ['an object without a secret', (response) => response.writeHead(200).end('{"id":"x","status":"active"}')],
    [
      'another AccessKey',
      (response, entry) => {
        json(response, { ...entry, access_key: 'other' });
      },
    ],
    [
      'an id that is none',
      (response, entry) => {
        json(response, { ...entry, id: '../x' });
      },
    ],
    ['a megabyte', (response) => response.writeHead(200).end(`{"id":"${'x'.repeat(1 << 20)}"}`)],
    [
      'half an answer',
      (response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{');
        response.destroy();
      },
    ],
  ])('answers 503 with Retry-After when the directory answers %s, and tells nothing of it', async (_, answer) => {
    await recover();
    const { tenant, entry } = enrol();
    directory.answer((_query, response) => {
      answer(response, entry);
    });
    const refused = await tenant.call('GET', ME);
    expect(refused.status).toBe(503);
    expect(refused.body).toEqual({
      error: expect.stringMatching(/^account directory (?:unavailable|answered something unusable)$/),
      code: 503,
      timestamp: expect.any(String),
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('gives a signature back that met a 503', async () => {
    await recover();
    const { tenant } = enrol();
    const options = { date: new Date().toISOString() };
    directory.answer((_query, response) => response.writeHead(500).end());
    expect((await tenant.call('POST', '/api/v2/tokens', { description: 'd' }, options)).refusal).toBe(UNAVAILABLE);
    await recoverAnswers();
    await eventually(10_000, async () => {
      expect((await tenant.call('POST', '/api/v2/tokens', { description: 'd' }, options)).status).toBe(201);
    });
  });

  it('keeps serving whom it knows while the directory is away', async () => {
    await recover();
    const known = enrol().tenant;
    const token = (await known.createToken()).string('token');
    await directory.goAway();
    expect(await me(known)).toBe('200 undefined');
    expect(await me(enrol().tenant)).toBe(UNAVAILABLE);
    expect((await validate(api.url, token)).status).toBe(200);
    await directory.comeBack();
    await recover();
  });

  it('stops asking a directory that fails on and on, and asks again later', async () => {
    directory.answer((_query, response) => response.writeHead(500).end());
    let before = -1;
    while (directory.asked.length > before) {
      before = directory.asked.length;
      await Promise.all(Array.from({ length: 25 }, async () => me(enrol().tenant)));
    }
    await recoverAnswers();
  });

  it('waits five seconds for a directory that is silent, retries included', async () => {
    await recover();
    const { tenant } = enrol();
    directory.answer(() => undefined);
    const began = performance.now();
    expect(await me(tenant)).toBe(UNAVAILABLE);
    const tookMs = performance.now() - began;
    expect(tookMs).toBeGreaterThan(4_500);
    expect(tookMs).toBeLessThan(6_500);
  });

  it('shows neither the secrets of the directory nor its answers in the log', () => {
    const output = api.output();
    for (const { secret_key } of entries.values()) expect(output).not.toContain(secret_key);
    expect(output).not.toContain('directory-bearer');
    expect(output).not.toContain('stack trace of the directory');
  });
});

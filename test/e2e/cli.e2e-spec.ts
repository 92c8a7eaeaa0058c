import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TokenValidator, TollgateClient } from '@tollgate/client';
import { type ApiProcess, startApi } from '../support/api-process';
import { type ProcessRun, runProcess } from '../support/run-process';

const MAIN = resolve(__dirname, '../../dist/cli/src/cli/main.js');
const PASSWORD = 'correct horse battery';

let api: ApiProcess;
let home: string;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  await expect(api.stop()).resolves.toBe(0);
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tollgate-cli-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

async function tollgate(
  args: readonly string[],
  stdin = '',
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessRun> {
  const surroundings = { HOME: home, DATA_DIR: api.dataDir, TOLLGATE_URL: api.url, ...env };
  return runProcess(process.execPath, [MAIN, ...args], { env: surroundings, stdin, cwd: home });
}

/** The answer of a command that must succeed. */
async function json<T>(args: readonly string[], stdin = ''): Promise<T> {
  const { exitCode, stdout, stderr } = await tollgate([...args, '--json'], stdin);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as T;
}

let accounts = 0;
async function register(): Promise<{ account_id: string; access_key: string; secret_key: string }> {
  const email = `cli-${String((accounts += 1))}@example.com`;
  return json(['account', 'register', '--email', email, '--company', 'CLI', '--password-stdin', '--save'], PASSWORD);
}

describe('tollgate against the api', () => {
  it('leads from registering to a validated and to a revoked token', async () => {
    const email = 'newcomer@example.com';
    const registered = await tollgate(
      ['account', 'register', '--email', email, '--company', 'Newcomers', '--password-stdin', '--save'],
      PASSWORD,
    );
    expect(registered).toMatchObject({ exitCode: 0, stderr: '' });
    expect(registered.stdout).not.toMatch(/SK_[0-9a-f]{64}/);
    expect(statSync(join(home, '.config/tollgate/credentials.json')).mode & 0o777).toBe(0o600);
    expect((await tollgate(['account', 'me'])).stdout).toContain(email);

    const flags = ['--description', 'first', '--scope', 'storage:*', '--expires-in', '1h', '-q'];
    const created = await tollgate(['token', 'create', ...flags]);
    expect(created.stdout).toMatch(/^sk-[A-Za-z0-9]{64,}\n$/);
    const token = created.stdout;

    const valid = await tollgate(['validate', '-', '--scope', 'storage:read'], token);
    expect(valid).toMatchObject({ exitCode: 0, stderr: '' });
    const lacking = await tollgate(['validate', '-', '--scope', 'cdn:purge'], token);
    expect(lacking).toMatchObject({ exitCode: 1, stdout: 'valid   no\nreason  Permission denied\n' });

    const { tokens } = await json<{ tokens: { token_id: string }[] }>(['token', 'list', '--active']);
    const id = tokens[0]?.token_id ?? '';
    expect((await tollgate(['token', 'disable', id])).stdout).toBe(`${id} is disabled\n`);
    await expect(tollgate(['validate'], token)).resolves.toMatchObject({
      exitCode: 1,
      stdout: 'valid   no\nreason  Token is inactive\n',
    });
    expect((await tollgate(['token', 'enable', id])).exitCode).toBe(0);
    await expect(tollgate(['validate'], token)).resolves.toMatchObject({ exitCode: 0 });

    expect((await tollgate(['token', 'revoke', id])).stdout).toBe(`${id} is revoked\n`);
    await expect(tollgate(['validate'], token)).resolves.toMatchObject({
      exitCode: 1,
      stdout: 'valid   no\nreason  Token not found\n',
    });
    await expect(tollgate(['token', 'show', id])).resolves.toMatchObject({
      exitCode: 1,
      stderr: 'error: token not found (HTTP 404)\n',
    });

    const { logs } = await json<{ logs: { action: string }[] }>(['audit']);
    expect(logs.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['register_account', 'create_token', 'update_token', 'delete_token']),
    );
  });

  it('shows a token, its limits and how often it was used', async () => {
    await register();
    const created = await json<{ token_id: string; token: string }>([
      ...['token', 'create', '--description', 'counted', '--per-minute', '100', '--expires-in', '2030-01-01T00:00:00Z'],
    ]);
    await tollgate(['validate'], created.token);

    const shown = await tollgate(['token', 'show', created.token_id]);
    expect(shown.stdout).toContain('rate limit   100/min\n');
    expect(shown.stdout).toMatch(/expires +2030-01-01T00:00:00(\.000)?Z\n/);
    expect(shown.stdout).not.toContain(created.token);
    await expect(json(['token', 'stats', created.token_id])).resolves.toMatchObject({ token_id: created.token_id });
  });

  it('replaces the SecretKey: the saved one works, the old one is dead', async () => {
    const { access_key, secret_key } = await register();
    expect((await tollgate(['account', 'regenerate-sk', '--save'])).exitCode).toBe(0);

    await expect(tollgate(['account', 'me'])).resolves.toMatchObject({ exitCode: 0 });
    const old = { TOLLGATE_ACCESS_KEY: access_key, TOLLGATE_SECRET_KEY: secret_key };
    await expect(tollgate(['account', 'me'], '', old)).resolves.toMatchObject({
      exitCode: 1,
      stderr: 'error: invalid signature (HTTP 401)\n',
    });
  });

  it('signs a request that curl can send once', async () => {
    await register();
    const { stdout } = await tollgate([
      'sign',
      'POST',
      '/api/v2/tokens',
      '--body',
      `{"description":"it's ✓"}`,
      '--curl',
    ]);

    const sent = await runProcess('sh', ['-c', stdout]);
    expect(JSON.parse(sent.stdout)).toMatchObject({ description: "it's ✓" });
    const again = await runProcess('sh', ['-c', stdout]);
    expect(JSON.parse(again.stdout)).toMatchObject({ error: 'request replayed', code: 401 });
  });

  it('lets the operator find, limit, suspend and activate an account', async () => {
    const { account_id, access_key } = await register();
    const { accounts: found } = await json<{ accounts: { id: string }[] }>([
      'admin',
      'accounts',
      'list',
      '--search',
      access_key,
    ]);
    expect(found.map(({ id }) => id)).toEqual([account_id]);

    await expect(json(['admin', 'accounts', 'rate-limit', account_id, '--per-day', '9'])).resolves.toMatchObject({
      rate_limit: { requests_per_day: 9 },
    });
    expect((await tollgate(['admin', 'accounts', 'suspend', account_id])).exitCode).toBe(0);
    await expect(tollgate(['account', 'me'])).resolves.toMatchObject({
      exitCode: 1,
      stderr: 'error: account suspended (HTTP 403)\n',
    });
    expect((await tollgate(['admin', 'accounts', 'activate', account_id])).exitCode).toBe(0);
    expect((await tollgate(['account', 'me'])).exitCode).toBe(0);

    const audit = await tollgate(['admin', 'audit', '--account', account_id, '--action', 'suspend_account']);
    expect(audit.stdout).toContain(account_id);
    await expect(
      tollgate(['admin', 'accounts', 'list'], '', { OPERATOR_KEY: 'not the operator key' }),
    ).resolves.toMatchObject({ exitCode: 2 });
  });

  it('shows the well-known scopes to anybody', async () => {
    expect((await tollgate(['permissions'])).stdout).toMatch(/^storage:read +/m);
  });

  it('tells a refusal from a fault by its exit code', async () => {
    const nobody = { TOLLGATE_URL: 'http://127.0.0.1:9' };
    await expect(tollgate(['validate'], 'sk-x', nobody)).resolves.toMatchObject({ exitCode: 2, stdout: '' });
    await expect(tollgate(['validate', '--scope', 'no scope'], `sk-${'0'.repeat(64)}`)).resolves.toMatchObject({
      exitCode: 2,
    });
    await expect(tollgate(['validate'], 'junk')).resolves.toMatchObject({ exitCode: 1 });
  });
});

describe('@tollgate/client against the api', () => {
  it('keeps a positive verdict for ttlMs after a revoke with a cache, and not at all without', async () => {
    const { access_key, secret_key } = await register();
    const client = new TollgateClient({ baseUrl: api.url, accessKey: access_key, secretKey: secret_key });
    const { token, token_id } = await client.createToken({ description: 'cached', scope: ['a:b'] });
    const clock = { ms: Date.now(), nowMs: () => clock.ms, wait: async () => undefined };
    const cached = new TokenValidator({ baseUrl: api.url, clock, cache: { ttlMs: 5_000, maxEntries: 10 } });
    const direct = new TokenValidator({ baseUrl: api.url });
    await expect(cached.validate(token, { requiredScope: 'a:b' })).resolves.toMatchObject({ valid: true });

    await client.deleteToken(token_id);

    await expect(direct.validate(token)).resolves.toMatchObject({ valid: false, reason: 'not_found' });
    await expect(cached.validate(token, { requiredScope: 'a:b' })).resolves.toMatchObject({ valid: true });
    clock.ms += 5_000;
    await expect(cached.validate(token, { requiredScope: 'a:b' })).resolves.toMatchObject({ valid: false });
  });

  it('sends a hundred equal requests at once, and none is taken for a replay', async () => {
    const { access_key, secret_key } = await register();
    const client = new TollgateClient({ baseUrl: api.url, accessKey: access_key, secretKey: secret_key });

    await Promise.all(Array.from({ length: 100 }, async () => client.createToken({ description: 'same' })));

    await expect(client.listTokens({ limit: 1 })).resolves.toMatchObject({ total: 100 });
  });
});

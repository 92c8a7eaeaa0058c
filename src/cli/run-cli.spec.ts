import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync, chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signRequest } from '@tollgate/client';
import { type CliRun, type CliSurroundings, StubTerminal } from '../../test/support/stub-terminal';
import { runCli } from './run-cli';

const ACCESS_KEY = 'AK_0123456789abcdef0123456789abcdef';
const SECRET_KEY = 'SK_secret';
const KEYS = { TOLLGATE_ACCESS_KEY: ACCESS_KEY, TOLLGATE_SECRET_KEY: SECRET_KEY };
const API = 'http://127.0.0.1:8081';

let homeDir: string;
beforeEach(() => {
  homeDir = mkdtempSync(join(tmpdir(), 'tollgate-cli-'));
});
afterEach(() => {
  rmSync(homeDir, { recursive: true });
});

async function tollgate(args: readonly string[], surroundings: CliSurroundings = {}): Promise<CliRun> {
  const terminal = new StubTerminal(surroundings);
  const { stdin, stdout, stderr, stub } = terminal;
  const env = surroundings.env ?? KEYS;
  return terminal.finish(await runCli(args, { env, stdin, stdout, stderr, homeDir, fetch: stub.fetch }));
}

const credentialsPath = (): string => join(homeDir, '.config', 'tollgate', 'credentials.json');

function saveProfiles(profiles: Readonly<Record<string, object>>): void {
  mkdirSync(join(homeDir, '.config', 'tollgate'), { recursive: true });
  writeFileSync(credentialsPath(), JSON.stringify({ profiles }), { mode: 0o600 });
}

const REGISTERED = {
  status: 201,
  json: {
    account_id: 'acc_1',
    email: 'a@b.c',
    company: 'B',
    access_key: ACCESS_KEY,
    secret_key: SECRET_KEY,
    created_at: '2026-01-04T10:00:00Z',
  },
};
const REGISTER = ['account', 'register', '--email', 'a@b.c', '--company', 'B'];

describe('account register', () => {
  it('takes the password from standard input and says that the SecretKey is shown once', async () => {
    const run = await tollgate([...REGISTER, '--password-stdin'], {
      answers: [REGISTERED],
      stdin: 'pass word\n',
      env: {},
    });

    expect(run).toMatchObject({ exitCode: 0, stderr: 'The SecretKey is shown this once: keep it now.\n' });
    expect(run.stdout).toContain(`SecretKey  ${SECRET_KEY}\n`);
    expect(run.stub.last).toMatchObject({ url: `${API}/api/v2/accounts/register`, method: 'POST' });
    expect(JSON.parse(run.stub.last.body ?? '')).toEqual({ email: 'a@b.c', company: 'B', password: 'pass word' });
    expect(() => statSync(credentialsPath())).toThrow();
  });

  it('asks twice for the password on a terminal and never shows it', async () => {
    const run = await tollgate(REGISTER, { answers: [REGISTERED], typed: ['pass word', 'pass word'] });

    expect(JSON.parse(run.stub.last.body ?? '')).toMatchObject({ password: 'pass word' });
    expect(run.stdout + run.stderr).not.toContain('pass word');
  });

  it('sends nothing when the two passwords differ, or when nobody can be asked', async () => {
    const differing = await tollgate(REGISTER, { typed: ['pass word', 'pass wort'] });
    expect(differing).toMatchObject({ exitCode: 2, stdout: '' });
    expect(differing.stderr).toContain('error: the passwords differ\n');

    const unasked = await tollgate(REGISTER);
    expect(unasked).toMatchObject({
      exitCode: 2,
      stderr: 'error: no terminal to ask for the password: use --password-stdin\n',
    });
  });

  it('with --save keeps the keys in a file of mode 0600 and does not show the SecretKey', async () => {
    const run = await tollgate([...REGISTER, '--password-stdin', '--save'], { answers: [REGISTERED], stdin: 'pw' });

    expect(run.stdout).not.toContain(SECRET_KEY);
    expect(statSync(credentialsPath()).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(credentialsPath(), 'utf8'))).toEqual({
      profiles: { default: { url: API, access_key: ACCESS_KEY, secret_key: SECRET_KEY } },
    });
  });

  it('with --save never overwrites another account, and refuses before it registers', async () => {
    saveProfiles({ default: { url: API, access_key: 'AK_other', secret_key: 'SK_other' } });

    const run = await tollgate([...REGISTER, '--password-stdin', '--save'], { stdin: 'pw' });

    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/^error: --save: .* choose another --profile\n$/);
    expect(run.stub.sent).toHaveLength(0);
  });

  it('shows the SecretKey after all when --save cannot write', async () => {
    symlinkSync(join(homeDir, 'nowhere', 'at', 'all'), join(homeDir, '.config'));
    const run = await tollgate([...REGISTER, '--password-stdin', '--save'], { answers: [REGISTERED], stdin: 'pw' });

    expect(run.stdout).toContain(SECRET_KEY);
  });
});

describe('account regenerate-sk', () => {
  const REGENERATED = { json: { access_key: ACCESS_KEY, secret_key: 'SK_new', updated_at: '2026-01-04T10:00:00Z' } };

  it('with --save replaces the account’s own saved key', async () => {
    saveProfiles({ default: { url: API, access_key: ACCESS_KEY, secret_key: SECRET_KEY } });

    const run = await tollgate(['account', 'regenerate-sk', '--save'], { answers: [REGENERATED], env: {} });

    expect(run.exitCode).toBe(0);
    expect(readFileSync(credentialsPath(), 'utf8')).toContain('SK_new');
  });

  it('without --save warns that the profile holds a dead key', async () => {
    saveProfiles({ default: { url: API, access_key: ACCESS_KEY, secret_key: SECRET_KEY } });

    const run = await tollgate(['account', 'regenerate-sk'], { answers: [REGENERATED], env: {} });

    expect(run.stdout).toContain('SK_new');
    expect(run.stderr).toContain('warning: profile default still holds the old SecretKey');
  });
});

describe('where keys and URL come from', () => {
  const ME = { json: { id: 'acc_1', company: 'B', status: 'active', created_at: 't', updated_at: 't' } };
  const PROFILES = {
    default: { url: 'http://default.test', access_key: 'AK_default', secret_key: 'SK_default' },
    other: { url: 'http://other.test', access_key: 'AK_other', secret_key: 'SK_other' },
  };
  const env = { TOLLGATE_URL: 'http://env.test', TOLLGATE_ACCESS_KEY: 'AK_env', TOLLGATE_SECRET_KEY: 'SK_env' };

  it.each<[string, string[], Record<string, string>, string, string, string]>([
    ['the default profile', [], {}, 'http://default.test', 'AK_default', 'SK_default'],
    ['the environment before the default profile', [], env, 'http://env.test', 'AK_env', 'SK_env'],
    ['--profile before the environment', ['--profile', 'other'], env, 'http://other.test', 'AK_other', 'SK_other'],
    [
      '--url before --profile',
      ['--profile', 'other', '--url', 'http://flag.test/'],
      env,
      'http://flag.test',
      'AK_other',
      'SK_other',
    ],
    [
      '--access-key with its saved SecretKey',
      ['--access-key', 'AK_default'],
      {},
      'http://default.test',
      'AK_default',
      'SK_default',
    ],
  ])('takes %s', async (_name, flags, variables, url, accessKey, secretKey) => {
    saveProfiles(PROFILES);

    const run = await tollgate(['account', 'me', ...flags], { answers: [ME], env: variables });

    const { headers } = run.stub.last;
    const date = headers['x-qiniu-date'] ?? '';
    expect(run.stub.last.url).toBe(`${url}/api/v2/accounts/me`);
    expect(headers['authorization']).toBe(
      signRequest({ method: 'GET', uri: '/api/v2/accounts/me', date, accessKey, secretKey }).Authorization,
    );
  });

  it('never joins an AccessKey with the SecretKey of another', async () => {
    saveProfiles(PROFILES);

    const run = await tollgate(['account', 'me', '--access-key', 'AK_third'], { env });

    expect(run).toMatchObject({
      exitCode: 2,
      stderr: 'error: no SecretKey for this AccessKey: set TOLLGATE_SECRET_KEY or --secret-key-file\n',
    });
  });

  it('reads the SecretKey from --secret-key-file, also from standard input', async () => {
    const run = await tollgate(['account', 'me', '--access-key', 'AK_x', '--secret-key-file', '-'], {
      answers: [ME],
      stdin: 'SK_piped\n',
      env: {},
    });

    const { headers } = run.stub.last;
    const date = headers['x-qiniu-date'] ?? '';
    const expected = signRequest({
      method: 'GET',
      uri: '/api/v2/accounts/me',
      date,
      accessKey: 'AK_x',
      secretKey: 'SK_piped',
    });
    expect(headers['authorization']).toBe(expected.Authorization);
  });

  it('honours XDG_CONFIG_HOME', async () => {
    const XDG_CONFIG_HOME = join(homeDir, 'xdg');

    await tollgate([...REGISTER, '--password-stdin', '--save'], {
      answers: [REGISTERED],
      stdin: 'pw',
      env: { XDG_CONFIG_HOME },
    });

    expect(statSync(join(XDG_CONFIG_HOME, 'tollgate', 'credentials.json')).isFile()).toBe(true);
  });

  it('warns when others can read the saved keys', async () => {
    saveProfiles(PROFILES);
    chmodSync(credentialsPath(), 0o644);

    const run = await tollgate(['account', 'me'], { answers: [ME], env: {} });

    expect(run.stderr).toContain('warning: others can read');
  });

  it.each<[string[], Record<string, string>, RegExp]>([
    [['--url', 'ftp://x'], KEYS, /^error: --url: /],
    [['--url', 'http://user:secret@x'], KEYS, /^error: --url: (?!.*secret)/],
    [[], { ...KEYS, TOLLGATE_URL: 'nowhere' }, /^error: TOLLGATE_URL: /],
    [['--profile', 'nobody'], KEYS, /^error: --profile: no nobody in /],
    [['--access-key', 'AK with space'], {}, /^error: --access-key or TOLLGATE_ACCESS_KEY: malformed/],
    [['--secret-key-file', 'no-such-file'], KEYS, /^error: --secret-key-file: cannot read no-such-file/],
    [[], {}, /^error: no AccessKey: set TOLLGATE_ACCESS_KEY/],
  ])('names the place at fault for %j', async (flags, variables, message) => {
    const run = await tollgate(['account', 'me', ...flags], { env: variables });

    expect(run.stderr).toMatch(message);
    expect(run.stderr.trimEnd()).not.toContain('\n');
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('token', () => {
  const CREATED = {
    status: 201,
    json: {
      token_id: 'tk_1',
      token: 'sk-value',
      account_id: 'acc_1',
      description: 'x',
      scope: ['a:b', 'c:*'],
      created_at: '2026-01-04T10:00:00Z',
      is_active: true,
    },
  };

  it('create sends every flag and says that the token is shown once', async () => {
    const flags = [
      '--scope',
      'a:b',
      '--scope',
      'c:*',
      '--expires-in',
      '90d',
      '--prefix',
      'ci',
      '--per-minute',
      '60',
      '--per-day',
      '1000',
    ];

    const run = await tollgate(['token', 'create', '--description', 'x', ...flags], { answers: [CREATED] });

    expect(JSON.parse(run.stub.last.body ?? '')).toEqual({
      description: 'x',
      scope: ['a:b', 'c:*'],
      expires_in_seconds: 7_776_000,
      prefix: 'ci',
      rate_limit: { requests_per_minute: 60, requests_per_day: 1000 },
    });
    expect(run.stdout).toContain('token        sk-value\n');
    expect(run.stderr).toBe('The token is shown this once: keep it now.\n');
  });

  it('create -q prints the value alone, create --json the answer alone', async () => {
    const quiet = await tollgate(['token', 'create', '--description', 'x', '-q'], { answers: [CREATED] });
    expect(quiet).toMatchObject({ stdout: 'sk-value\n', stderr: '' });

    const json = await tollgate(['--json', 'token', 'create', '--description', 'x'], { answers: [CREATED] });
    expect(JSON.parse(json.stdout)).toEqual(CREATED.json);
    expect(json.stderr).toBe('');
  });

  it.each([
    ['3600', { expires_in_seconds: 3600 }],
    ['12h', { expires_in_seconds: 43_200 }],
    ['2w', { expires_in_seconds: 1_209_600 }],
    ['2027-01-01T00:00:00+01:00', { expires_at: '2027-01-01T00:00:00+01:00' }],
    ['never', {}],
  ])('create --expires-in %s asks for %j', async (when, expiry) => {
    const run = await tollgate(['token', 'create', '--description', 'x', '--expires-in', when], { answers: [CREATED] });

    expect(JSON.parse(run.stub.last.body ?? '')).toEqual({ description: 'x', ...expiry });
  });

  it.each([
    ['--expires-in', '90 days'],
    ['--expires-in', '0'],
    ['--expires-in', '-5'],
    ['--expires-in', '2027-13-01T00:00:00Z'],
    ['--per-minute', '1.5'],
    ['--per-hour', 'many'],
  ])('create refuses %s %s in one line that names the flag', async (flag, value) => {
    const run = await tollgate(['token', 'create', '--description', 'x', flag, value]);

    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(new RegExp(`^error: .*${flag}.*\n$`));
    expect(run.stub.sent).toHaveLength(0);
  });

  it('list makes a table, and nothing in it can steer the terminal', async () => {
    const token = { ...CREATED.json, status: 'normal', total_requests: 3, description: 'a\u001b[2Jb\nc' };
    const run = await tollgate(['token', 'list', '--active', '--limit', '1'], {
      answers: [{ json: { account_id: 'acc_1', tokens: [token], total: 2 } }],
    });

    expect(run.stub.last.url).toBe(`${API}/api/v2/tokens?active_only=true&limit=1`);
    expect(run.stdout.split('\n')).toEqual([
      'ID    STATUS  DESCRIPTION  SCOPE    EXPIRES  LAST USED  REQUESTS',
      'tk_1  normal  a\ufffd[2Jb\ufffdc     a:b c:*  never    never      3',
      '',
    ]);
    expect(run.stderr).toBe('1 of 2 shown; --offset 1 shows more\n');
  });

  it.each([
    ['disable', 'PUT', '/api/v2/tokens/tk_1/status', '{"is_active":false}', 'tk_1 is disabled\n'],
    ['enable', 'PUT', '/api/v2/tokens/tk_1/status', '{"is_active":true}', 'tk_1 is enabled\n'],
    ['revoke', 'DELETE', '/api/v2/tokens/tk_1', undefined, 'tk_1 is revoked\n'],
  ])('%s does what it says', async (name, method, path, body, stdout) => {
    const is_active = name === 'enable';

    const run = await tollgate(['token', name, 'tk_1'], {
      answers: [{ json: { token_id: 'tk_1', is_active, message: 'ok' } }],
    });

    expect(run.stub.last).toMatchObject({ url: API + path, method, body });
    expect(run).toMatchObject({ exitCode: 0, stdout });
  });

  it('ends with 1 and one line when the api says no, with 2 when it fails or limits', async () => {
    const no = await tollgate(['token', 'show', 'tk_1'], {
      answers: [{ status: 404, json: { error: 'token not found' } }],
    });
    expect(no).toMatchObject({ exitCode: 1, stderr: 'error: token not found (HTTP 404)\n' });

    const fault = await tollgate(['token', 'revoke', 'tk_1'], {
      answers: [{ status: 500, json: { error: 'internal error', request_id: 'r1' } }],
    });
    expect(fault).toMatchObject({ exitCode: 2, stderr: 'error: internal error (HTTP 500, request r1)\n' });

    const limited = await tollgate(['token', 'show', 'tk_1'], {
      answers: [{ status: 429, json: { error: 'Account rate limit exceeded' }, headers: { 'retry-after': '9' } }],
    });
    expect(limited).toMatchObject({
      exitCode: 2,
      stderr: 'error: Account rate limit exceeded (HTTP 429, retry after 9 s)\n',
    });
  });
});

describe('validate', () => {
  const VALID = { json: { valid: true, token_info: { token_id: 'tk_1', account_id: 'acc_1', scope: ['a:b'] } } };

  it('reads the token from standard input and ends with 0 for a valid one', async () => {
    const run = await tollgate(['validate', '-', '--scope', 'a:b'], { answers: [VALID], stdin: 'sk-value\n', env: {} });

    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('valid    yes\n');
    expect(run.stub.last.headers['authorization']).toBe('Bearer sk-value');
    expect(run.stub.last.body).toBe('{"required_scope":"a:b"}');
  });

  it('asks for the token on a terminal without showing it', async () => {
    const run = await tollgate(['validate'], { answers: [VALID], typed: ['sk-value'] });

    expect(run.stub.last.headers['authorization']).toBe('Bearer sk-value');
    expect(run.stdout + run.stderr).not.toContain('sk-value');
  });

  it('ends with 1 for a refused token and says why on standard output', async () => {
    const answers = [{ status: 401, json: { valid: false, message: 'Token has expired' } }];

    const run = await tollgate(['validate', 'sk-value'], { answers });

    expect(run).toMatchObject({ exitCode: 1, stdout: 'valid   no\nreason  Token has expired\n', stderr: '' });
  });

  it.each([400, 404, 429, 500])('ends with 2 when the api answers %i: that is no verdict', async (status) => {
    const run = await tollgate(['validate', 'sk-value'], { answers: [{ status, json: { error: 'no' } }] });

    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: `error: no (HTTP ${String(status)})\n` });
  });

  it('ends with 2 when the api cannot be reached, and never shows the token', async () => {
    const run = await tollgate(['validate', 'sk-value'], { answers: [new TypeError('fetch failed')] });

    expect(run).toMatchObject({ exitCode: 2, stderr: `error: cannot reach ${API}\n` });
  });
});

describe('sign', () => {
  it('prints headers that hold for exactly this request', async () => {
    const run = await tollgate(['sign', 'post', '/api/v2/tokens?x=1', '--body', '{"a":"ü"}']);

    const [authorization, date] = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^.*?: /, ''));
    expect(authorization).toBe(
      signRequest({
        method: 'POST',
        uri: '/api/v2/tokens?x=1',
        body: '{"a":"ü"}',
        date: date ?? '',
        accessKey: ACCESS_KEY,
        secretKey: SECRET_KEY,
      }).Authorization,
    );
    expect(run.stub.sent).toHaveLength(0);
  });

  it('--curl quotes for a shell, and leaves a body file to curl', async () => {
    const text = await tollgate(['sign', 'POST', '/p', '--body', "it's", '--curl']);
    expect(text.stdout).toMatch(
      /^curl -sS --globoff --path-as-is -X POST 'http:\/\/127\.0\.0\.1:8081\/p' -H 'Authorization: QINIU .* --data-raw 'it'\\''s'\n$/,
    );

    const path = join(homeDir, 'body.json');
    writeFileSync(path, '{}');
    const file = await tollgate(['sign', 'POST', '/p', '--body-file', path, '--curl']);
    expect(file.stdout).toContain(`--data-binary '@${path}'`);
  });

  it.each([
    ['/a b', '<uri>: write it as it goes over the wire: /a%20b'],
    ['/a/../b', '<uri>: write it as it goes over the wire: /b'],
    ['tokens', '<uri>: a path that starts with /'],
    ['/a#b', '<uri>: write it as it goes over the wire: /a'],
  ])('refuses %s: what is signed must be what is sent', async (uri, message) => {
    const run = await tollgate(['sign', 'GET', uri]);

    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(`error: ${message}`);
  });
});

describe('admin', () => {
  const OPERATOR_KEY = 'OK_operator';

  it('takes the operator key from the flag’s file, else OPERATOR_KEY, else DATA_DIR/operator.key', async () => {
    writeFileSync(join(homeDir, 'operator.key'), 'OK_from_file\n');
    const keyFile = join(homeDir, 'operator.key');
    const answers = [{ json: { accounts: [], total: 0, limit: 50, offset: 0 } }];
    const list = async (args: string[], env: Record<string, string>): Promise<string | undefined> =>
      (await tollgate(['admin', 'accounts', 'list', ...args], { answers, env })).stub.last.headers['authorization'];

    await expect(list(['--operator-key-file', keyFile], { OPERATOR_KEY })).resolves.toBe('Bearer OK_from_file');
    await expect(list([], { OPERATOR_KEY, DATA_DIR: homeDir })).resolves.toBe('Bearer OK_operator');
    await expect(list([], { DATA_DIR: homeDir })).resolves.toBe('Bearer OK_from_file');
  });

  it('says where it looked when there is no key', async () => {
    const run = await tollgate(['admin', 'accounts', 'list'], { env: { DATA_DIR: join(homeDir, 'none') } });

    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('error: no operator key: set OPERATOR_KEY or --operator-key-file');
  });

  it.each<[string[], string, string, string | undefined]>([
    [['list', '--status', 'active', '--search', 'x'], 'GET', '/accounts?status=active&search=x', undefined],
    [['show', 'acc_1'], 'GET', '/accounts/acc_1', undefined],
    [['suspend', 'acc_1'], 'PUT', '/accounts/acc_1/status', '{"status":"suspended"}'],
    [['activate', 'acc_1'], 'PUT', '/accounts/acc_1/status', '{"status":"active"}'],
    [
      ['rate-limit', 'acc_1', '--per-hour', '5'],
      'PUT',
      '/accounts/acc_1/rate-limit',
      '{"rate_limit":{"requests_per_hour":5}}',
    ],
    [['rate-limit', 'acc_1', '--clear'], 'PUT', '/accounts/acc_1/rate-limit', '{"rate_limit":null}'],
  ])('accounts %j', async (args, method, path, body) => {
    const run = await tollgate(['admin', 'accounts', ...args], {
      answers: [{ json: { accounts: [], total: 0, id: 'acc_1' } }],
      env: { OPERATOR_KEY },
    });

    expect(run.exitCode).toBe(0);
    expect(run.stub.last).toMatchObject({ url: `${API}/api/v2/admin${path}`, method, body });
  });

  it.each([[['rate-limit', 'acc_1']], [['rate-limit', 'acc_1', '--clear', '--per-day', '1']]])(
    'accounts %j is refused: either limits or none',
    async (args) => {
      const run = await tollgate(['admin', 'accounts', ...args], { env: { OPERATOR_KEY } });

      expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    },
  );

  it('audit asks over all accounts', async () => {
    const run = await tollgate(['admin', 'audit', '--account', 'acc_1', '--action', 'create_token', '--json'], {
      answers: [{ json: { logs: [], total: 0 } }],
      env: { OPERATOR_KEY },
    });

    expect(run.stub.last.url).toBe(`${API}/api/v2/admin/audit-logs?action=create_token&account_id=acc_1`);
    expect(JSON.parse(run.stdout)).toEqual({ logs: [], total: 0 });
  });
});

describe('usage', () => {
  it.each([
    [['nonsense']],
    [['token', 'create']],
    [['token', 'show']],
    [['account', 'me', '--nonsense']],
    [['validate', 'a', 'b']],
  ])('refuses %j with one line and exit code 2', async (args) => {
    const run = await tollgate(args);

    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/^error: .*\n$/);
  });

  it('explains itself with --help and ends with 0', async () => {
    const run = await tollgate(['token', 'create', '--help']);

    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('--expires-in <when>');
    expect(run.stdout).toContain('--json');
  });
});

import { API, StubCli } from '../../../test/support/stub-cli';

let cli: StubCli;
beforeEach(() => {
  cli = new StubCli();
});
afterEach(() => {
  cli.remove();
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

    const run = await cli.run(['token', 'create', '--description', 'x', ...flags], { answers: [CREATED] });

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
    const quiet = await cli.run(['token', 'create', '--description', 'x', '-q'], { answers: [CREATED] });
    expect(quiet).toMatchObject({ stdout: 'sk-value\n', stderr: '' });

    const json = await cli.run(['--json', 'token', 'create', '--description', 'x'], { answers: [CREATED] });
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
    const run = await cli.run(['token', 'create', '--description', 'x', '--expires-in', when], { answers: [CREATED] });

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
    const run = await cli.run(['token', 'create', '--description', 'x', flag, value]);

    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(new RegExp(`^error: .*${flag}.*\n$`));
    expect(run.stub.sent).toHaveLength(0);
  });

  it('list makes a table, and nothing in it can steer the terminal', async () => {
    const token = { ...CREATED.json, status: 'normal', total_requests: 3, description: 'a\u001b[2Jb\nc' };
    const run = await cli.run(['token', 'list', '--active', '--limit', '1'], {
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

    const run = await cli.run(['token', name, 'tk_1'], {
      answers: [{ json: { token_id: 'tk_1', is_active, message: 'ok' } }],
    });

    expect(run.stub.last).toMatchObject({ url: API + path, method, body });
    expect(run).toMatchObject({ exitCode: 0, stdout });
  });

  it('usage asks for days unless told, and makes a line of each', async () => {
    const counts = { valid: 40, scope: 1, inactive: 0, expired: 0, suspended: 0, limited: 5 };
    const answers = [
      { json: { token_id: 'tk_1', usage: [{ start: '2026-01-04T00:00:00.000Z', total: 46, ...counts }] } },
    ];
    const run = await cli.run(['token', 'usage', 'tk_1'], { answers });

    expect(run.stub.last.url).toBe(`${API}/api/v2/tokens/tk_1/usage`);
    expect(run.stdout.split('\n')).toEqual([
      'START                     TOTAL  VALID  SCOPE  INACTIVE  EXPIRED  SUSPENDED  LIMITED',
      '2026-01-04T00:00:00.000Z  46     40     1      0         0        0          5',
      '',
    ]);

    const flags = ['--from', '2026-01-01', '--to', '2026-01-02', '--by', 'hour'];
    const narrowed = await cli.run(['token', 'usage', 'tk_1', ...flags], { answers });
    expect(narrowed.stub.last.url).toBe(
      `${API}/api/v2/tokens/tk_1/usage?from=2026-01-01&to=2026-01-02&granularity=hour`,
    );
    expect((await cli.run(['token', 'usage', 'tk_1', '--by', 'week'])).exitCode).toBe(2);
  });

  it('validations lists single ones, and nothing in them can steer the terminal', async () => {
    const record = {
      id: 'val_1',
      timestamp: 'T',
      result: 'scope',
      scope: ['a:b'],
      ip: '::1',
      user_agent: 'x\u001b[2J',
    };
    const run = await cli.run(['token', 'validations', 'tk_1', '--result', 'scope', '--limit', '1'], {
      answers: [{ json: { token_id: 'tk_1', validations: [record], total: 2 } }],
    });

    expect(run.stub.last.url).toBe(`${API}/api/v2/tokens/tk_1/validations?result=scope&limit=1`);
    expect(run.stdout).toContain('T     scope   a:b    ::1  x\ufffd[2J\n');
    expect(run.stderr).toBe('1 of 2 shown; --offset 1 shows more\n');
  });

  it('ends with 1 and one line when the api says no, with 2 when it fails or limits', async () => {
    const no = await cli.run(['token', 'show', 'tk_1'], {
      answers: [{ status: 404, json: { error: 'token not found' } }],
    });
    expect(no).toMatchObject({ exitCode: 1, stderr: 'error: token not found (HTTP 404)\n' });

    const fault = await cli.run(['token', 'revoke', 'tk_1'], {
      answers: [{ status: 500, json: { error: 'internal error', request_id: 'r1' } }],
    });
    expect(fault).toMatchObject({ exitCode: 2, stderr: 'error: internal error (HTTP 500, request r1)\n' });

    const limited = await cli.run(['token', 'show', 'tk_1'], {
      answers: [{ status: 429, json: { error: 'Account rate limit exceeded' }, headers: { 'retry-after': '9' } }],
    });
    expect(limited).toMatchObject({
      exitCode: 2,
      stderr: 'error: Account rate limit exceeded (HTTP 429, retry after 9 s)\n',
    });
  });
});

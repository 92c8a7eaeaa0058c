import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API, StubCli } from '../../../test/support/stub-cli';

let cli: StubCli;
beforeEach(() => {
  cli = new StubCli();
});
afterEach(() => {
  cli.remove();
});

describe('admin', () => {
  const OPERATOR_KEY = 'OK_operator';

  it('takes the operator key from the flag’s file, else OPERATOR_KEY, else DATA_DIR/operator.key', async () => {
    writeFileSync(join(cli.homeDir, 'operator.key'), 'OK_from_file\n');
    const keyFile = join(cli.homeDir, 'operator.key');
    const answers = [{ json: { accounts: [], total: 0, limit: 50, offset: 0 } }];
    const list = async (args: string[], env: Record<string, string>): Promise<string | undefined> =>
      (await cli.run(['admin', 'accounts', 'list', ...args], { answers, env })).stub.last.headers['authorization'];

    await expect(list(['--operator-key-file', keyFile], { OPERATOR_KEY })).resolves.toBe('Bearer OK_from_file');
    await expect(list([], { OPERATOR_KEY, DATA_DIR: cli.homeDir })).resolves.toBe('Bearer OK_operator');
    await expect(list([], { DATA_DIR: cli.homeDir })).resolves.toBe('Bearer OK_from_file');
  });

  it('says where it looked when there is no key', async () => {
    const run = await cli.run(['admin', 'accounts', 'list'], { env: { DATA_DIR: join(cli.homeDir, 'none') } });

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
    const run = await cli.run(['admin', 'accounts', ...args], {
      answers: [{ json: { accounts: [], total: 0, id: 'acc_1' } }],
      env: { OPERATOR_KEY },
    });

    expect(run.exitCode).toBe(0);
    expect(run.stub.last).toMatchObject({ url: `${API}/api/v2/admin${path}`, method, body });
  });

  it.each([[['rate-limit', 'acc_1']], [['rate-limit', 'acc_1', '--clear', '--per-day', '1']]])(
    'accounts %j is refused: either limits or none',
    async (args) => {
      const run = await cli.run(['admin', 'accounts', ...args], { env: { OPERATOR_KEY } });

      expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    },
  );

  it('audit asks over all accounts', async () => {
    const run = await cli.run(['admin', 'audit', '--account', 'acc_1', '--action', 'create_token', '--json'], {
      answers: [{ json: { logs: [], total: 0 } }],
      env: { OPERATOR_KEY },
    });

    expect(run.stub.last.url).toBe(`${API}/api/v2/admin/audit-logs?action=create_token&account_id=acc_1`);
    expect(JSON.parse(run.stdout)).toEqual({ logs: [], total: 0 });
  });
});

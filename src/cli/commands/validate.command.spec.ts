import { API, StubCli } from '../../../test/support/stub-cli';

let cli: StubCli;
beforeEach(() => {
  cli = new StubCli();
});
afterEach(() => {
  cli.remove();
});

describe('validate', () => {
  const VALID = { json: { valid: true, token_info: { token_id: 'tk_1', account_id: 'acc_1', scope: ['a:b'] } } };

  it('reads the token from standard input and ends with 0 for a valid one', async () => {
    const run = await cli.run(['validate', '-', '--scope', 'a:b'], { answers: [VALID], stdin: 'sk-value\n', env: {} });

    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('valid    yes\n');
    expect(run.stub.last.headers['authorization']).toBe('Bearer sk-value');
    expect(run.stub.last.body).toBe('{"required_scope":"a:b"}');
  });

  it('asks for the token on a terminal without showing it', async () => {
    const run = await cli.run(['validate'], { answers: [VALID], typed: ['sk-value'] });

    expect(run.stub.last.headers['authorization']).toBe('Bearer sk-value');
    expect(run.stdout + run.stderr).not.toContain('sk-value');
  });

  it('ends with 1 for a refused token and says why on standard output', async () => {
    const answers = [{ status: 401, json: { valid: false, message: 'Token has expired' } }];

    const run = await cli.run(['validate', 'sk-value'], { answers });

    expect(run).toMatchObject({ exitCode: 1, stdout: 'valid   no\nreason  Token has expired\n', stderr: '' });
  });

  it.each([400, 404, 429, 500])('ends with 2 when the api answers %i: that is no verdict', async (status) => {
    const run = await cli.run(['validate', 'sk-value'], { answers: [{ status, json: { error: 'no' } }] });

    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: `error: no (HTTP ${String(status)})\n` });
  });

  it('ends with 2 when the api cannot be reached, and never shows the token', async () => {
    const run = await cli.run(['validate', 'sk-value'], { answers: [new TypeError('fetch failed')] });

    expect(run).toMatchObject({ exitCode: 2, stderr: `error: cannot reach ${API}\n` });
  });
});

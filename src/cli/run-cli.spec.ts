import { StubCli } from '../../test/support/stub-cli';

let cli: StubCli;
beforeEach(() => {
  cli = new StubCli();
});
afterEach(() => {
  cli.remove();
});

describe('usage', () => {
  it.each([
    [['nonsense']],
    [['token', 'create']],
    [['token', 'show']],
    [['account', 'me', '--nonsense']],
    [['validate', 'a', 'b']],
  ])('refuses %j with one line and exit code 2', async (args) => {
    const run = await cli.run(args);

    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/^error: .*\n$/);
  });

  it('explains itself with --help and ends with 0', async () => {
    const run = await cli.run(['token', 'create', '--help']);

    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('--expires-in <when>');
    expect(run.stdout).toContain('--json');
  });
});

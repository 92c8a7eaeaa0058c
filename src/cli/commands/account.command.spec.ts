import { readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ACCESS_KEY, API, REGISTER, REGISTERED, SECRET_KEY, StubCli } from '../../../test/support/stub-cli';

let cli: StubCli;
beforeEach(() => {
  cli = new StubCli();
});
afterEach(() => {
  cli.remove();
});

describe('account register', () => {
  it('takes the password from standard input and says that the SecretKey is shown once', async () => {
    const run = await cli.run([...REGISTER, '--password-stdin'], {
      answers: [REGISTERED],
      stdin: 'pass word\n',
      env: {},
    });

    expect(run).toMatchObject({ exitCode: 0, stderr: 'The SecretKey is shown this once: keep it now.\n' });
    expect(run.stdout).toContain(`SecretKey  ${SECRET_KEY}\n`);
    expect(run.stub.last).toMatchObject({ url: `${API}/api/v2/accounts/register`, method: 'POST' });
    expect(JSON.parse(run.stub.last.body ?? '')).toEqual({ email: 'a@b.c', company: 'B', password: 'pass word' });
    expect(() => statSync(cli.credentialsPath)).toThrow();
  });

  it('asks twice for the password on a terminal and never shows it', async () => {
    const run = await cli.run(REGISTER, { answers: [REGISTERED], typed: ['pass word', 'pass word'] });

    expect(JSON.parse(run.stub.last.body ?? '')).toMatchObject({ password: 'pass word' });
    expect(run.stdout + run.stderr).not.toContain('pass word');
  });

  it('sends nothing when the two passwords differ, or when nobody can be asked', async () => {
    const differing = await cli.run(REGISTER, { typed: ['pass word', 'pass wort'] });
    expect(differing).toMatchObject({ exitCode: 2, stdout: '' });
    expect(differing.stderr).toContain('error: the passwords differ\n');

    const unasked = await cli.run(REGISTER);
    expect(unasked).toMatchObject({
      exitCode: 2,
      stderr: 'error: no terminal to ask for the password: use --password-stdin\n',
    });
  });

  it('with --save keeps the keys in a file of mode 0600 and does not show the SecretKey', async () => {
    const run = await cli.run([...REGISTER, '--password-stdin', '--save'], { answers: [REGISTERED], stdin: 'pw' });

    expect(run.stdout).not.toContain(SECRET_KEY);
    expect(statSync(cli.credentialsPath).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(cli.credentialsPath, 'utf8'))).toEqual({
      profiles: { default: { url: API, access_key: ACCESS_KEY, secret_key: SECRET_KEY } },
    });
  });

  it('with --save never overwrites another account, and refuses before it registers', async () => {
    cli.saveProfiles({ default: { url: API, access_key: 'AK_other', secret_key: 'SK_other' } });

    const run = await cli.run([...REGISTER, '--password-stdin', '--save'], { stdin: 'pw' });

    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/^error: --save: .* choose another --profile\n$/);
    expect(run.stub.sent).toHaveLength(0);
  });

  it('shows the SecretKey after all when --save cannot write', async () => {
    symlinkSync(join(cli.homeDir, 'nowhere', 'at', 'all'), join(cli.homeDir, '.config'));
    const run = await cli.run([...REGISTER, '--password-stdin', '--save'], { answers: [REGISTERED], stdin: 'pw' });

    expect(run.stdout).toContain(SECRET_KEY);
  });
});

describe('account regenerate-sk', () => {
  const REGENERATED = { json: { access_key: ACCESS_KEY, secret_key: 'SK_new', updated_at: '2026-01-04T10:00:00Z' } };

  it('with --save replaces the account’s own saved key', async () => {
    cli.saveProfiles({ default: { url: API, access_key: ACCESS_KEY, secret_key: SECRET_KEY } });

    const run = await cli.run(['account', 'regenerate-sk', '--save'], { answers: [REGENERATED], env: {} });

    expect(run.exitCode).toBe(0);
    expect(readFileSync(cli.credentialsPath, 'utf8')).toContain('SK_new');
  });

  it('without --save warns that the profile holds a dead key', async () => {
    cli.saveProfiles({ default: { url: API, access_key: ACCESS_KEY, secret_key: SECRET_KEY } });

    const run = await cli.run(['account', 'regenerate-sk'], { answers: [REGENERATED], env: {} });

    expect(run.stdout).toContain('SK_new');
    expect(run.stderr).toContain('warning: profile default still holds the old SecretKey');
  });
});

describe('account validation-log', () => {
  it.each([
    [['on'], { enabled: true }, { enabled: true, retention_days: 7 }, 'validation log: on, kept for 7 days\n'],
    [
      ['on', '--retention-days', '1'],
      { enabled: true, retention_days: 1 },
      { enabled: true, retention_days: 1 },
      'validation log: on, kept for 1 day\n',
    ],
    [['off'], { enabled: false }, { enabled: false }, 'validation log: off\n'],
  ])('%j', async (args, body, answer, stdout) => {
    const run = await cli.run(['account', 'validation-log', ...args], { answers: [{ json: answer }] });

    expect(run).toMatchObject({ exitCode: 0, stdout });
    expect(run.stub.last).toMatchObject({ url: `${API}/api/v2/accounts/me/validation-log`, method: 'PUT' });
    expect(JSON.parse(run.stub.last.body ?? '')).toEqual(body);
  });

  it('is refused without on or off', async () => {
    expect(await cli.run(['account', 'validation-log'])).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await cli.run(['account', 'validation-log', 'maybe'])).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

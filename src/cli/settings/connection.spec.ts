import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { signRequest } from '@tollgate/client';
import { KEYS, REGISTER, REGISTERED, StubCli } from '../../../test/support/stub-cli';

let cli: StubCli;
beforeEach(() => {
  cli = new StubCli();
});
afterEach(() => {
  cli.remove();
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
    cli.saveProfiles(PROFILES);

    const run = await cli.run(['account', 'me', ...flags], { answers: [ME], env: variables });

    const { headers } = run.stub.last;
    const date = headers['x-qiniu-date'] ?? '';
    expect(run.stub.last.url).toBe(`${url}/api/v2/accounts/me`);
    expect(headers['authorization']).toBe(
      signRequest({ method: 'GET', uri: '/api/v2/accounts/me', date, accessKey, secretKey }).Authorization,
    );
  });

  it('never joins an AccessKey with the SecretKey of another', async () => {
    cli.saveProfiles(PROFILES);

    const run = await cli.run(['account', 'me', '--access-key', 'AK_third'], { env });

    expect(run).toMatchObject({
      exitCode: 2,
      stderr: 'error: no SecretKey for this AccessKey: set TOLLGATE_SECRET_KEY or --secret-key-file\n',
    });
  });

  it('reads the SecretKey from --secret-key-file, also from standard input', async () => {
    const run = await cli.run(['account', 'me', '--access-key', 'AK_x', '--secret-key-file', '-'], {
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
    const XDG_CONFIG_HOME = join(cli.homeDir, 'xdg');

    await cli.run([...REGISTER, '--password-stdin', '--save'], {
      answers: [REGISTERED],
      stdin: 'pw',
      env: { XDG_CONFIG_HOME },
    });

    expect(statSync(join(XDG_CONFIG_HOME, 'tollgate', 'credentials.json')).isFile()).toBe(true);
  });

  it('warns when others can read the saved keys', async () => {
    cli.saveProfiles(PROFILES);
    chmodSync(cli.credentialsPath, 0o644);

    const run = await cli.run(['account', 'me'], { answers: [ME], env: {} });

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
    const run = await cli.run(['account', 'me', ...flags], { env: variables });

    expect(run.stderr).toMatch(message);
    expect(run.stderr.trimEnd()).not.toContain('\n');
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

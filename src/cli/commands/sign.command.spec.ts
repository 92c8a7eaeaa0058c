import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signRequest } from '@tollgate/client';
import { ACCESS_KEY, SECRET_KEY, StubCli } from '../../../test/support/stub-cli';

let cli: StubCli;
beforeEach(() => {
  cli = new StubCli();
});
afterEach(() => {
  cli.remove();
});

describe('sign', () => {
  it('prints headers that hold for exactly this request', async () => {
    const run = await cli.run(['sign', 'post', '/api/v2/tokens?x=1', '--body', '{"a":"ü"}']);

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
    const text = await cli.run(['sign', 'POST', '/p', '--body', "it's", '--curl']);
    expect(text.stdout).toMatch(
      /^curl -sS --globoff --path-as-is -X POST 'http:\/\/127\.0\.0\.1:8081\/p' -H 'Authorization: QINIU .* --data-raw 'it'\\''s'\n$/,
    );

    const path = join(cli.homeDir, 'body.json');
    writeFileSync(path, '{}');
    const file = await cli.run(['sign', 'POST', '/p', '--body-file', path, '--curl']);
    expect(file.stdout).toContain(`--data-binary '@${path}'`);
  });

  it.each([
    ['/a b', '<uri>: write it as it goes over the wire: /a%20b'],
    ['/a/../b', '<uri>: write it as it goes over the wire: /b'],
    ['tokens', '<uri>: a path that starts with /'],
    ['/a#b', '<uri>: write it as it goes over the wire: /a'],
  ])('refuses %s: what is signed must be what is sent', async (uri, message) => {
    const run = await cli.run(['sign', 'GET', uri]);

    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(`error: ${message}`);
  });
});

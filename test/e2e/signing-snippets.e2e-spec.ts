import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TollgateClient } from '@tollgate/client';
import { type ApiProcess, startApi } from '../support/api-process';
import { type ProcessRun, runProcess } from '../support/run-process';
import { startVerifyingServer } from '../support/stub-verifying-server';

const DOCS = resolve(__dirname, '../../docs');
/** Go compiles net/http on first use. */
const TIMEOUT_MS = 240_000;

interface Snippet {
  readonly file: string;
  /** The language of its fence in docs/signing.md. */
  readonly fence: string;
  /** Each must answer, or the snippet is skipped. */
  readonly needs: readonly (readonly [command: string, ...args: string[]])[];
  run(path: string, env: Readonly<Record<string, string>>): Promise<ProcessRun>;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-snippets-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const SNIPPETS: readonly Snippet[] = [
  {
    file: 'sign.sh',
    fence: 'sh',
    needs: [
      ['sh', '-c', 'exit 0'],
      ['curl', '--version'],
      ['openssl', 'version'],
    ],
    run: async (path, env) => runProcess('sh', [path], { env }),
  },
  {
    file: 'sign.py',
    fence: 'python',
    needs: [['python3', '--version']],
    run: async (path, env) => runProcess('python3', [path], { env }),
  },
  {
    file: 'sign.go',
    fence: 'go',
    needs: [['go', 'version']],
    run: async (path, env) => {
      const binary = join(folder, 'sign-go');
      const built = await runProcess('go', ['build', '-o', binary, path], {
        env: { GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
      });
      return built.exitCode === 0 ? runProcess(binary, [], { env }) : built;
    },
  },
  {
    file: 'sign.mjs',
    fence: 'js',
    needs: [[process.execPath, '--version']],
    run: async (path, env) => runProcess(process.execPath, [path], { env }),
  },
];

function missingProgram({ needs }: Snippet): string | undefined {
  return needs.find(([command, ...args]) => {
    try {
      execFileSync(command, args, { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  })?.[0];
}

/** The two answers that every snippet prints: the created token, and the list. */
function readAnswers({ exitCode, stdout, stderr }: ProcessRun): { tokenId: string; token: string; listed: string[] } {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const [created, list] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown) as [
    { token_id: string; token: string },
    { tokens: { token_id: string }[] },
  ];
  return { tokenId: created.token_id, token: created.token, listed: list.tokens.map(({ token_id }) => token_id) };
}

describe('docs/signing.md', () => {
  const page = readFileSync(join(DOCS, 'signing.md'), 'utf8');

  it.each(SNIPPETS)('shows $file exactly as it is tested', ({ file, fence }) => {
    const source = readFileSync(join(DOCS, 'snippets', file), 'utf8');

    expect(page).toContain(`\`\`\`${fence}\n${source}\`\`\`\n`);
  });

  it('lists signatures that an independent program makes too', async () => {
    const secretKey = /`SecretKey = (SK_[0-9a-f]{64})`/.exec(page)?.[1] ?? '';
    const rows = [
      ...page.matchAll(/^\| ([A-Z]+) +\| `(\/[^`]+)` +\| `([^`]+)` +\| (?:`([^`]+)`)? +\| `([^`]+)` \|$/gm),
    ];

    expect(rows).toHaveLength(3);
    for (const [, method, uri, date, body = '', signature] of rows) {
      const text = [method, uri, date, body].join('\n');
      const { stdout } = await runProcess('openssl', ['dgst', '-sha256', '-hmac', secretKey, '-hex'], { stdin: text });
      const digest = Buffer.from(/[0-9a-f]{64}/.exec(stdout)?.[0] ?? '', 'hex');
      expect(digest.toString('base64')).toBe(signature);
    }
  });
});

describe.each(SNIPPETS)('docs/snippets/$file', (snippet) => {
  const path = join(DOCS, 'snippets', snippet.file);
  const missing = missingProgram(snippet);
  if (missing !== undefined) {
    process.stderr.write(`SKIPPED: docs/snippets/${snippet.file}: ${missing} is not installed\n`);
    it.skip(`is run (${missing} is not installed)`, () => undefined);
    return;
  }

  it(
    'signs exact bytes, the query and a fresh date, as a strict verifier of its own sees them',
    async () => {
      const server = await startVerifyingServer();
      try {
        const env = {
          TOLLGATE_URL: server.url,
          TOLLGATE_ACCESS_KEY: server.accessKey,
          TOLLGATE_SECRET_KEY: server.secretKey,
        };

        // Twice: the second create is a new request, not a replay.
        readAnswers(await snippet.run(path, env));
        const { tokenId, listed } = readAnswers(await snippet.run(path, env));

        expect(listed).toHaveLength(2);
        expect(listed).toContain(tokenId);
        const body = JSON.parse(server.createBodies[0]?.toString('utf8') ?? '') as unknown;
        expect(body).toEqual({
          description: `made by ${snippet.file} ✓`,
          scope: ['storage:read'],
          expires_in_seconds: 3600,
        });
        const wrongKey = { ...env, TOLLGATE_SECRET_KEY: 'SK_wrong' };
        expect((await snippet.run(path, wrongKey)).exitCode).not.toBe(0);
      } finally {
        await server.close();
      }
    },
    TIMEOUT_MS,
  );
});

describe('the snippets against the api', () => {
  let api: ApiProcess;
  const keys = { TOLLGATE_ACCESS_KEY: '', TOLLGATE_SECRET_KEY: '' };
  beforeAll(async () => {
    // Ours sign the query: they must work where nothing less is taken.
    api = await startApi({ env: { HMAC_REQUIRE_SIGNED_QUERY: 'true' } });
    const client = new TollgateClient({ baseUrl: api.url });
    const account = await client.register({ email: 'docs@example.com', company: 'Docs', password: 'long enough' });
    keys.TOLLGATE_ACCESS_KEY = account.access_key;
    keys.TOLLGATE_SECRET_KEY = account.secret_key;
  });
  afterAll(async () => {
    await api.stop();
  });

  it.each(SNIPPETS.filter((snippet) => missingProgram(snippet) === undefined))(
    '$file creates a token and lists it',
    async (snippet) => {
      const env = { TOLLGATE_URL: api.url, ...keys };

      const { tokenId, token, listed } = readAnswers(await snippet.run(join(DOCS, 'snippets', snippet.file), env));

      expect(token).toMatch(/^sk-[A-Za-z0-9]{64,}$/);
      expect(listed).toContain(tokenId);
    },
    TIMEOUT_MS,
  );
});

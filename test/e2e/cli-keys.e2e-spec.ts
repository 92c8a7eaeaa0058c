import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { OperatorClient, TollgateClient } from '@tollgate/client';
import { type ApiProcess, startApi } from '../support/api-process';
import { type ProcessRun, runProcess } from '../support/run-process';

const MAIN = resolve(__dirname, '../../dist/cli/src/cli/main.js');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-keys-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function keys(args: readonly string[], env: Readonly<Record<string, string>>): Promise<ProcessRun> {
  return runProcess(process.execPath, [MAIN, 'keys', ...args], { env: { HOME: folder, ...env }, cwd: folder });
}

interface KeyUse {
  readonly key_id: string;
  readonly current: boolean;
  readonly accounts: number;
}

describe('tollgate keys while the api runs', () => {
  let api: ApiProcess;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(async () => {
    await api.stop();
  });

  it('rotates, reseals and retires a master key, and every SecretKey works throughout', async () => {
    const env = { DATA_DIR: api.dataDir };
    const list = async (): Promise<readonly KeyUse[]> => {
      const { stdout, stderr } = await keys(['list', '--json'], env);
      expect(stderr).toBe('');
      return (JSON.parse(stdout) as { keys: KeyUse[] }).keys;
    };
    const open = new TollgateClient({ baseUrl: api.url });
    const register = async (email: string): Promise<TollgateClient> => {
      const account = await open.register({ email, company: 'Keys', password: 'long enough' });
      return open.withCredentials(account.access_key, account.secret_key);
    };
    const before = await register('before@example.com');
    const [old] = await list();
    expect(old).toMatchObject({ current: true, accounts: 1 });
    const oldId = old?.key_id ?? '';

    await expect(keys(['retire', oldId], env)).resolves.toMatchObject({
      exitCode: 2,
      stderr: `error: <id>: ${oldId} is the current key; rotate first\n`,
    });
    expect(await keys(['rotate'], env)).toMatchObject({ exitCode: 0, stderr: '' });
    const after = await register('after@example.com');
    expect((await list()).map(({ current, accounts }) => [current, accounts])).toEqual([
      [true, 1],
      [false, 1],
    ]);

    const early = await keys(['retire', oldId], env);
    expect(early).toMatchObject({
      exitCode: 2,
      stderr: `error: <id>: ${oldId} still seals 1 SecretKeys; run: tollgate keys reseal\n`,
    });
    await expect(keys(['reseal'], env)).resolves.toMatchObject({
      exitCode: 0,
      stdout: '1 resealed, 0 changed meanwhile, 0 broken\n',
    });
    await expect(keys(['retire', oldId], env)).resolves.toMatchObject({ exitCode: 0, stderr: '' });

    expect(await list()).toMatchObject([{ current: true, accounts: 2 }]);
    await expect(before.me()).resolves.toMatchObject({ email: 'before@example.com' });
    await expect(after.me()).resolves.toMatchObject({ email: 'after@example.com' });
    const operator = new OperatorClient({ baseUrl: api.url, operatorKey: api.operatorKey });
    const { logs } = await operator.auditLogs();
    expect(logs.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['rotate_master_key', 'retire_master_key']),
    );
  });

  it('shows no key in what the commands print', async () => {
    const ring = readFileSync(join(api.dataDir, 'master.keys'), 'utf8');
    const secrets = [...ring.matchAll(/:([A-Za-z0-9+/=]{44})$/gm)].map(([, secret]) => secret ?? '');
    const { stdout, stderr } = await keys(['list'], { DATA_DIR: api.dataDir });

    expect(secrets.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  });
});

describe('tollgate keys', () => {
  it('generates a key for MASTER_KEY, or a ring file of mode 0600 that it never overwrites', async () => {
    const printed = await keys(['generate'], {});
    expect(printed.stdout).toMatch(/^mk_[0-9a-f]{8}:[A-Za-z0-9+/]{43}=\n$/);

    const path = join(folder, 'ring');
    expect((await keys(['generate', '--file', path], {})).exitCode).toBe(0);
    const ring = readFileSync(path, 'utf8');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await expect(keys(['generate', '--file', path], {})).resolves.toMatchObject({ exitCode: 2, stdout: '' });
    expect(readFileSync(path, 'utf8')).toBe(ring);
  });

  it.each<[string, string[], Record<string, string>, RegExp]>([
    [
      'without master keys',
      ['list'],
      {},
      /^error: no master keys: start the api once, or set MASTER_KEY_FILE or MASTER_KEY/,
    ],
    [
      'without a store',
      ['list'],
      { MASTER_KEY: `k1:${Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64')}` },
      /^error: no record store: start the api once, or set DATA_DIR or MONGO_URI/,
    ],
    [
      'to change MASTER_KEY',
      ['rotate'],
      { MASTER_KEY: `k1:${Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64')}` },
      /^error: MASTER_KEY is set, which a command cannot change/,
    ],
    ['a wrong MONGO_URI', ['list'], { MONGO_URI: 'secret-and-wrong' }, /^error: MONGO_URI must begin with mongodb:/],
  ])('refuses %s in one line', async (_name, args, env, message) => {
    const run = await keys(args, env);

    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trimEnd()).not.toMatch(/\n|secret-and-wrong/);
  });
});

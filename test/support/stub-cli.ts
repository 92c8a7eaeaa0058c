import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../src/cli/run-cli';
import { type CliRun, type CliSurroundings, StubTerminal } from './stub-terminal';

export const API = 'http://127.0.0.1:8081';
export const ACCESS_KEY = 'AK_0123456789abcdef0123456789abcdef';
export const SECRET_KEY = 'SK_secret';
export const KEYS = { TOLLGATE_ACCESS_KEY: ACCESS_KEY, TOLLGATE_SECRET_KEY: SECRET_KEY };

export const REGISTER = ['account', 'register', '--email', 'a@b.c', '--company', 'B'];
/** The api's answer to {@link REGISTER}. */
export const REGISTERED = {
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

/** The command line in a home folder of its own, with nothing but stubs around it. */
export class StubCli {
  readonly homeDir = mkdtempSync(join(tmpdir(), 'tollgate-cli-'));

  /** @param surroundings `env` holds the two keys unless given */
  async run(args: readonly string[], surroundings: CliSurroundings = {}): Promise<CliRun> {
    const terminal = new StubTerminal(surroundings);
    const { stdin, stdout, stderr, stub } = terminal;
    const { env = KEYS } = surroundings;
    const { homeDir } = this;
    return terminal.finish(await runCli(args, { env, stdin, stdout, stderr, homeDir, fetch: stub.fetch }));
  }

  get credentialsPath(): string {
    return join(this.homeDir, '.config', 'tollgate', 'credentials.json');
  }

  saveProfiles(profiles: Readonly<Record<string, object>>): void {
    mkdirSync(join(this.homeDir, '.config', 'tollgate'), { recursive: true });
    writeFileSync(this.credentialsPath, JSON.stringify({ profiles }), { mode: 0o600 });
  }

  remove(): void {
    rmSync(this.homeDir, { recursive: true });
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const MAIN = resolve(__dirname, '../../dist/api/src/api/main.js');
const START_TIMEOUT_MS = 30_000;

/** The built api, running in a process of its own. */
export interface ApiProcess {
  readonly url: string;
  readonly pid: number;
  /** Empty when OPERATOR_KEY was given in `env`. */
  readonly operatorKey: string;
  readonly dataDir: string;
  /** Everything it has printed so far. */
  output(): string;
  /** Ends it and returns its exit code (`-1` when a signal killed it); a folder made for it goes, unless kept. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

export interface StartApiOptions {
  /** Environment on top of a bare one. */
  readonly env?: Readonly<Record<string, string>>;
  /** An existing data folder, which is then kept; by default a new one that goes with the process. */
  readonly dataDir?: string;
}

/** Starts the built api on a free port and waits until it listens. Rejects with its output when it does not come up. */
export async function startApi(options: StartApiOptions = {}): Promise<ApiProcess> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'tollgate-test-'));
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: dataDir,
      PORT: '0',
      DATA_DIR: dataDir,
      BCRYPT_COST: '4',
      // All tests come from one address.
      REGISTER_LIMIT_PER_MINUTE: '100000',
      PUBLIC_LIMIT_PER_MINUTE: '100000',
      UNKNOWN_TOKEN_LIMIT_PER_MINUTE: '100000',
      OPERATOR_FAILURE_LIMIT_PER_MINUTE: '100000',
      UPLOAD_TOKEN_LIMIT_PER_MINUTE: '100000',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exited = new Promise<number>((settle) => {
    child.once('close', (code) => {
      settle(code ?? -1);
    });
  });
  const removeData = (): void => {
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const url = await listening(child, exited, () => output);
    return {
      url,
      pid: child.pid ?? 0,
      operatorKey:
        options.env?.['OPERATOR_KEY'] === undefined ? readFileSync(join(dataDir, 'operator.key'), 'utf8').trim() : '',
      dataDir,
      output: () => output,
      async stop(signal = 'SIGTERM') {
        child.kill(signal);
        const code = await exited;
        removeData();
        return code;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    removeData();
    throw error;
  }
}

function listening(child: ChildProcess, exited: Promise<number>, output: () => string): Promise<string> {
  return new Promise((settle, reject) => {
    const deadline = setTimeout(() => {
      reject(new Error(`the api did not listen in time:\n${output()}`));
    }, START_TIMEOUT_MS);
    child.on('message', (message) => {
      const { type, url } = message as { type?: string; url?: string };
      if (type !== 'listening' || url === undefined) return;
      clearTimeout(deadline);
      settle(url);
    });
    void exited.then((code) => {
      clearTimeout(deadline);
      reject(new Error(`the api ended with code ${String(code)}:\n${output()}`));
    });
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const MAIN = resolve(__dirname, '../../dist/gateway/src/gateway/main.js');
const START_TIMEOUT_MS = 30_000;
/** Longer than what is running gets when the gateway is told to stop. */
const STOP_TIMEOUT_MS = 15_000;

/** The built gateway, running in a process of its own. */
export interface GatewayProcess {
  /** Where its admin port answers. */
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  /** The configuration that it was started with, for tests that change it. */
  readonly configFile: string;
  /** Everything it has printed so far. */
  output(): string;
  /** Ends it and returns its exit code (`-1` when a signal killed it); a folder made for it goes, unless kept. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

export interface StartGatewayOptions {
  /** Environment on top of a bare one. */
  readonly env?: Readonly<Record<string, string>>;
  /** An existing data folder, which is then kept; by default a new one that goes with the process. */
  readonly dataDir?: string;
}

/**
 * Starts the built gateway, its admin port on a free one, and waits until it listens. Rejects with its output when it does not come up.
 * @param toml its `frps.toml`
 */
export async function startGateway(toml: string, options: StartGatewayOptions = {}): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-'));
  const dataDir = options.dataDir ?? join(folder, 'data');
  const configFile = join(folder, 'frps.toml');
  writeFileSync(configFile, toml, { mode: 0o600 });
  const child = spawn(process.execPath, [MAIN, '-c', configFile], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      DATA_DIR: dataDir,
      GATEWAY_ADMIN_PORT: '0',
      SHUTDOWN_TIMEOUT: '1s',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exited = new Promise<number>((settle) => {
    child.once('close', (code) => {
      rmSync(folder, { recursive: true, force: true });
      settle(code ?? -1);
    });
  });
  try {
    const url = await listening(child, exited, () => output);
    return {
      url,
      pid: child.pid ?? 0,
      dataDir,
      configFile,
      output: () => output,
      async stop(signal = 'SIGTERM') {
        child.kill(signal);
        const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
        const code = await exited;
        clearTimeout(late);
        return code;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    throw error;
  }
}

function listening(child: ChildProcess, exited: Promise<number>, output: () => string): Promise<string> {
  return new Promise((settle, reject) => {
    const deadline = setTimeout(() => {
      reject(new Error(`the gateway did not listen in time:\n${output()}`));
    }, START_TIMEOUT_MS);
    child.on('message', (message) => {
      const { type, url } = message as { type?: string; url?: string };
      if (type !== 'listening' || url === undefined) return;
      clearTimeout(deadline);
      settle(url);
    });
    void exited.then((code) => {
      clearTimeout(deadline);
      reject(new Error(`the gateway ended with code ${String(code)}:\n${output()}`));
    });
  });
}

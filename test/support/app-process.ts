import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

const START_TIMEOUT_MS = 30_000;
/** Longer than what is running gets when a program is told to stop. */
const STOP_TIMEOUT_MS = 30_000;

const MAINS = { api: 'api/src/api/main.js', gateway: 'gateway/src/gateway/main.js' } as const;

/** One of our built programs, running in a process of its own. */
export interface AppProcess {
  /** Where it listens, as it has told. */
  readonly url: string;
  readonly pid: number;
  /** Everything it has printed so far. */
  output(): string;
  /** Ends it, by force when it does not end in time, and returns its exit code (`-1` when a signal killed it). */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

/** Starts a built program and waits until it listens. Rejects with its output when it does not come up. */
export async function startApp(
  app: keyof typeof MAINS,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<AppProcess> {
  const child = spawn(process.execPath, [resolve(__dirname, '../../dist', MAINS[app]), ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exited = new Promise<number>((settle) => {
    child.once('close', (code) => {
      settle(code ?? -1);
    });
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number> => {
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const code = await exited;
    clearTimeout(late);
    return code;
  };
  try {
    const url = await listening(child, exited);
    return { url, pid: child.pid ?? 0, output: () => output, stop };
  } catch (error) {
    await stop('SIGKILL');
    throw new Error(`the ${app} ${(error as Error).message}:\n${output}`, { cause: error });
  }
}

function listening(child: ChildProcess, exited: Promise<number>): Promise<string> {
  return new Promise((settle, reject) => {
    const deadline = setTimeout(() => {
      reject(new Error('did not listen in time'));
    }, START_TIMEOUT_MS);
    child.on('message', (message) => {
      const { type, url } = message as { type?: string; url?: string };
      if (type !== 'listening' || url === undefined) return;
      clearTimeout(deadline);
      settle(url);
    });
    void exited.then((code) => {
      clearTimeout(deadline);
      reject(new Error(`ended with code ${String(code)}`));
    });
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One of frp's own programs. */
export interface FrpProcess {
  readonly exited: Promise<number>;
  hasEnded(): boolean;
  /** All that it has printed so far. */
  output(): string;
  /** Called with everything that it has printed, whenever that grows, and when it has ended. */
  onOutput(listener: (output: string) => void): void;
  stop(): Promise<void>;
  /** Ends it without a word to anybody. */
  kill(): void;
}

/**
 * Starts `frpc` or `frps` with a configuration. Does not wait for anything.
 * @param binary path of the program
 * @param toml its configuration
 */
export async function startFrp(binary: string, toml: string): Promise<FrpProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-frp-'));
  const file = join(folder, 'frp.toml');
  writeFileSync(file, toml, { mode: 0o600 });
  const child: ChildProcess = spawn(binary, ['-c', file], { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const listeners: ((output: string) => void)[] = [];
  const tell = (): void => {
    for (const listener of listeners) listener(output);
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      tell();
    });
  }
  let hasEnded = false;
  const exited = new Promise<number>((resolve) => {
    const ended = (code: number): void => {
      hasEnded = true;
      rmSync(folder, { recursive: true, force: true });
      resolve(code);
      tell();
    };
    child.once('error', (error) => {
      output += error.message;
      ended(-1);
    });
    child.once('close', (code) => {
      ended(code ?? -1);
    });
  });
  return {
    exited,
    hasEnded: () => hasEnded,
    output: () => output,
    onOutput: (listener) => {
      listeners.push(listener);
      listener(output);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

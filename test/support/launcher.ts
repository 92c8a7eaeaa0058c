import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SCRIPT = join(__dirname, '../../scripts/start.mjs');
const UP_DEADLINE_MS = 90_000;

/** `npm start` as a user runs it, with its whole output. */
export class Launcher {
  readonly #process: ChildProcess;
  #output = '';
  /** The exit code; undefined while it runs or when a signal ended it. */
  readonly ended: Promise<number | undefined>;

  /**
   * @param env variables on top of what the programs need to be found; nothing else is passed on
   * @param apps none for both
   * @param isInTerminal runs it in a terminal of its own, which is closed when SIGKILL is sent: signals go to the terminal (Linux)
   */
  constructor(env: Readonly<Record<string, string>>, apps: readonly string[] = [], isInTerminal = false) {
    const command = [process.execPath, SCRIPT, ...apps];
    const terminal = ['script', '-qfec', `exec ${command.map((word) => `'${word}'`).join(' ')}`, '/dev/null'];
    const [program, ...args] = isInTerminal ? terminal : command;
    this.#process = spawn(program ?? '', args, {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
    this.ended = new Promise((resolve) => {
      this.#process.once('close', (code) => {
        resolve(code ?? undefined);
      });
    });
  }

  /** Everything that it and its programs have written so far. */
  get output(): string {
    return this.#output;
  }

  /** Waits for the banner. @throws when it ended or did not come up in time, with the output */
  async up(): Promise<void> {
    const deadline = Date.now() + UP_DEADLINE_MS;
    while (!this.#output.includes('Tollgate is up')) {
      if (this.#process.exitCode !== null || Date.now() > deadline) throw new Error(`not up:\n${this.#output}`);
      await sleep(50);
    }
    // The banner is one write, but may arrive in pieces.
    while (!this.#output.includes('one JSON object a line')) await sleep(10);
  }

  /** The address that the banner shows for `name`. */
  url(name: string): string {
    const line = new RegExp(`^  ${name} +(\\S+)$`, 'm').exec(this.#output);
    if (line?.[1] === undefined) throw new Error(`the banner shows no ${name}:\n${this.#output}`);
    return line[1];
  }

  /** Process ids of the programs, from their logs. */
  pidOf(app: string): number {
    const line = this.#output.split('\n').find((text) => text.startsWith('{') && text.includes(`"name":"${app}"`));
    return (JSON.parse(line ?? '{}') as { pid: number }).pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it as an operator would. @returns its exit code */
  async stop(): Promise<number | undefined> {
    this.signal('SIGTERM');
    return this.ended;
  }
}

import { spawn } from 'node:child_process';
import { onCore } from './cpus.mjs';

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 15_000;

/** Every child that still runs; none outlives this process. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a child that is killed when this process ends.
 * @param {number | undefined} core
 * @param {string[]} command
 * @param {import('node:child_process').SpawnOptions} options
 */
export function startChild(core, command, options) {
  const child = spawn(...onCore(core, command), options);
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** A server under test: a Node program that sends `{type: 'listening', url}` to its parent, or another one. */
export class ServerProcess {
  #child;
  #output = '';
  #ended;
  #onOutput = () => {};

  /** @param {{ core: number | undefined, command: string[], env: Record<string, string> }} options */
  constructor({ core, command, env }) {
    this.#child = startChild(core, command, {
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      // The tail is kept for a failure; the rest only has to flow.
      stream.setEncoding('utf8').on('data', (text) => {
        this.#output = (this.#output + text).slice(-4000);
        this.#onOutput();
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', resolve);
      this.#child.once('close', resolve);
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** Waits until it listens. @returns {Promise<string>} its address */
  async listening() {
    return this.#up(
      new Promise((resolve) => {
        this.#child.on('message', (message) => message?.type === 'listening' && resolve(message.url));
      }),
    );
  }

  /** Waits until it has printed something as often as that. @param {RegExp} pattern global @param {number} times */
  async printed(pattern, times = 1) {
    await this.#up(
      new Promise((resolve) => {
        this.#onOutput = () => (this.#output.match(pattern) ?? []).length >= times && resolve(true);
        this.#onOutput();
      }),
    );
  }

  /** Waits for what shows that it is up. */
  async #up(sign) {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, START_TIMEOUT_MS)));
    const shown = await Promise.race([sign, late, this.#ended.then(() => undefined)]);
    clearTimeout(timer);
    if (shown === undefined) throw new Error(`a server did not come up:\n${this.#output}`);
    return shown;
  }

  async stop() {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}

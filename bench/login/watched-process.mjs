import { startChild } from '../lib/server-process.mjs';

const HEARTBEAT = new URL('heartbeat.mjs', import.meta.url).href;
/** A store with many tokens is read before the gateway listens. */
const START_MS = 240_000;
const STOP_MS = 15_000;

/**
 * @typedef {object} Gaps of an event loop, since they were last asked for
 * @property {number} longestMs the longest time that it stood still, over and above what its timer waits
 * @property {number} ownMs the same without what its thread waited for a processor that others had
 * @property {number} gcMs the longest collection of garbage
 */

/** A Node program whose event loop is watched. */
export class WatchedProcess {
  #child;
  #output = '';
  #ended;

  /** @param {string} node @param {string[]} args @param {Record<string, string>} env */
  constructor(node, args, env = {}) {
    this.#child = startChild(undefined, [node, '--import', HEARTBEAT, ...args], {
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.#output = (this.#output + text).slice(-4000)));
    }
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  get pid() {
    return this.#child.pid;
  }

  /** Waits until it listens. @returns {Promise<{ url: string, bindPort: number }>} */
  listening() {
    return this.#message('listening', START_MS);
  }

  /** @returns {Promise<Gaps>} */
  async gaps() {
    const answer = this.#message('gaps', START_MS);
    this.#child.send({ type: 'gaps' });
    return (await answer).gaps;
  }

  /** @param {NodeJS.Signals} signal */
  async stop(signal = 'SIGTERM') {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  #message(type, timeoutMs) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${type} in time:\n${this.#output}`)), timeoutMs);
      const take = (message) => {
        if (message?.type !== type) return;
        clearTimeout(timer);
        this.#child.off('message', take);
        resolve(message);
      };
      this.#child.on('message', take);
      void this.#ended.then(() => {
        clearTimeout(timer);
        reject(new Error(`a process ended:\n${this.#output}`));
      });
    });
  }
}

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeFlags, entryOf } from './project.mjs';

const READY_DEADLINE_MS = 60_000;
const READY_POLL_MS = 100;
/** Longer than the longest SHUTDOWN_TIMEOUT. */
const STOP_DEADLINE_MS = 305_000;

/** One running program of ours. Its log goes where ours goes. */
export class Child {
  #process;

  /**
   * @param {string} app
   * @param {{ args?: string[], env?: Record<string, string> }} [options] env: on top of ours
   */
  constructor(app, { args = [], env = {} } = {}) {
    this.app = app;
    this.#process = spawn(process.execPath, [...nodeFlags(app), entryOf(app), ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    /** Ends with the exit code; a signal counts as 1. @type {Promise<number>} */
    this.ended = new Promise((resolve) => {
      this.#process.once('exit', (code) => resolve(code ?? 1));
      this.#process.once('error', () => resolve(1));
    });
    /** The address the program says it listens on. @type {Promise<string>} */
    this.listening = new Promise((resolve) => {
      this.#process.on('message', (message) => {
        if (message?.type === 'listening') resolve(message.url.replace(/\/\/(?:0\.0\.0\.0|\[::\])/, '//127.0.0.1'));
      });
    });
  }

  /**
   * Waits until the program answers.
   * @param {string} path that answers 200 when all is well
   * @returns {Promise<string | undefined>} its address, `undefined` when it ended first
   */
  async ready(path) {
    const gone = this.ended.then(() => undefined);
    const deadline = Date.now() + READY_DEADLINE_MS;
    const late = sleep(READY_DEADLINE_MS, undefined, { ref: false });
    const url = await Promise.race([this.listening, gone, late]);
    while (url !== undefined && this.#process.exitCode === null && Date.now() < deadline) {
      const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
      if (answer?.ok) return url;
      await sleep(READY_POLL_MS);
    }
    return undefined;
  }

  /** Has the program read its settings again, as soon as it is up: before, the signal would end it. */
  reload() {
    void this.listening.then(() => this.#process.kill('SIGHUP'));
  }

  /** Ends the program without asking. */
  kill() {
    this.#process.kill('SIGKILL');
  }

  /** Asks the program to stop, and makes it when it does not. @returns {Promise<number>} its exit code */
  async stop() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGTERM');
    const kill = setTimeout(() => this.kill(), STOP_DEADLINE_MS);
    const code = await this.ended;
    clearTimeout(kill);
    return code;
  }
}

/**
 * Whether a port can be listened on; 0 always can.
 * @param {number} port
 * @param {string} host
 */
export async function isFree(port, host) {
  if (port === 0) return true;
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(error.code !== 'EADDRINUSE'));
    probe.listen({ port, host }, () => probe.close(() => resolve(true)));
  });
}

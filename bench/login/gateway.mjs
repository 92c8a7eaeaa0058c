import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeFlags, entryOf } from '../../scripts/lib/project.mjs';
import { freePort } from '../lib/free-port.mjs';
import { WatchedProcess } from './watched-process.mjs';

const WAIT_MS = 180_000;
const POLL_MS = 100;

/** The built gateway, whose event loop is watched. */
export class Gateway {
  #node;
  #folder;
  #env;
  #process;
  #url = '';

  constructor(node, folder, env) {
    this.#node = node;
    this.#folder = folder;
    this.#env = env;
  }

  bindPort = 0;

  /** Starts it, on the data folder that it had before. */
  async start() {
    this.bindPort ||= await freePort();
    const file = join(this.#folder, 'frps.toml');
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(file, `bindAddr = "127.0.0.1"\nbindPort = ${this.bindPort}\n`);
    this.#process = new WatchedProcess(this.#node, [...nodeFlags('gateway'), entryOf('gateway'), '-c', file], {
      HOME: this.#folder,
      DATA_DIR: this.dataDir,
      GATEWAY_ADMIN_PORT: '0',
      SHUTDOWN_TIMEOUT: '1s',
      ...this.#env,
    });
    this.#url = (await this.#process.listening()).url;
  }

  get dataDir() {
    return join(this.#folder, 'data');
  }

  get pid() {
    return this.#process.pid;
  }

  gaps() {
    return this.#process.gaps();
  }

  /** Waits until it knows so many tokens, and hears of changes. */
  async knows(count) {
    for (const deadline = performance.now() + WAIT_MS; ; await sleep(POLL_MS)) {
      const text = await this.scrape();
      const known = /^tollgate_gateway_tokens (\d+)$/m.exec(text)?.[1];
      const isLive = /^tollgate_gateway_token_source_state\{state="live"\} 1$/m.test(text);
      if (isLive && Number(known) === count) return;
      if (performance.now() > deadline) throw new Error(`the gateway knows ${known} tokens in place of ${count}`);
    }
  }

  async scrape() {
    const answer = await fetch(new URL('/metrics', this.#url));
    return answer.text();
  }

  stop(signal) {
    return this.#process.stop(signal);
  }
}

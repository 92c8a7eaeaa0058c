import { fileURLToPath } from 'node:url';
import { cpuSeconds } from './process-stats.mjs';
import { startChild } from './server-process.mjs';

const SCRIPT = fileURLToPath(new URL('rotate.lua', import.meta.url));
const CPU_POLL_MS = 100;

/**
 * @typedef {object} Load what one target is asked
 * @property {string} file one request a line, see rotate.lua
 * @property {number} count of requests in the file
 * @property {string} path
 * @property {string} contentType
 *
 * @typedef {object} LoadResult
 * @property {number} requests answered
 * @property {number} perSecond
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} badStatus answers of 400 and above
 * @property {number} broken connections that failed, and requests without an answer
 * @property {number} loadBusy share of its core that wrk used, 0 to 1; near 1 the load, not the server, was the limit
 */

/**
 * One round of load by wrk, one thread, beginning anywhere in the file.
 * @param {{ core: number | undefined, url: string, load: Load, connections: number, seconds: number }} options
 * @returns {Promise<LoadResult>}
 */
export async function runWrk({ core, url, load, connections, seconds }) {
  const first = Math.floor(Math.random() * load.count);
  const script = ['-s', SCRIPT, url, '--', load.file, load.path, load.contentType, String(first)];
  return run(core, [`-c${connections}`, `-d${seconds}s`, ...script]);
}

/**
 * wrk with one thread and a script that ends by printing its result.
 * @param {number | undefined} core
 * @param {string[]} args without `-t`
 * @returns {Promise<LoadResult>}
 */
export async function run(core, args) {
  const command = ['wrk', '-t1', '--timeout', '10s', ...args];
  const child = startChild(core, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  let cpu = 0;
  const poll = setInterval(() => {
    try {
      cpu = Math.max(cpu, cpuSeconds(child.pid));
    } catch {
      // It has just ended.
    }
  }, CPU_POLL_MS);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearInterval(poll);
  const line = output.split('\n').find((text) => text.startsWith('{'));
  if (code !== 0 || line === undefined) throw new Error(`wrk failed (${code}):\n${output}`);
  const { requests, durationUs, p50Us, p99Us, badStatus, broken } = JSON.parse(line);
  return {
    requests,
    perSecond: requests / (durationUs / 1e6),
    p50Ms: p50Us / 1000,
    p99Ms: p99Us / 1000,
    badStatus,
    broken,
    loadBusy: cpu / (durationUs / 1e6),
  };
}

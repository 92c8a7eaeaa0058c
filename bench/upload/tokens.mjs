import { fileURLToPath } from 'node:url';
import { startChild } from '../lib/server-process.mjs';

const SCRIPT = fileURLToPath(new URL('issue-verify.lua', import.meta.url));
const CONNECTIONS = 64;
const SECONDS = 5;

/**
 * A round of requests for tokens and of verifications of these, as many of one as of the other.
 * @param {number | undefined} core for wrk
 * @param {string} url
 * @param {string} key the administrator's
 * @returns {Promise<{ perSecond: number, bad: number }>}
 */
export async function issueAndVerify(core, url, key) {
  const command = ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '-s', SCRIPT, url, '--', key];
  const child = startChild(core, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const line = output.split('\n').find((text) => text.startsWith('{'));
  if (code !== 0 || line === undefined) throw new Error(`wrk failed (${code}):\n${output}`);
  const { requests, durationUs, badStatus, broken } = JSON.parse(line);
  return { perSecond: requests / (durationUs / 1e6), bad: badStatus + broken };
}

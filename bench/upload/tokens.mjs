import { fileURLToPath } from 'node:url';
import { run } from '../lib/wrk.mjs';

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
  const args = [`-c${CONNECTIONS}`, `-d${SECONDS}s`, '-s', SCRIPT, url, '--', key];
  const { perSecond, badStatus, broken } = await run(core, args);
  return { perSecond, bad: badStatus + broken };
}

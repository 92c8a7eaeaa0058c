import { fileURLToPath } from 'node:url';
import { startChild } from '../lib/server-process.mjs';

const CLIENT = fileURLToPath(new URL('client.mjs', import.meta.url));

/**
 * Uploads one file with each token, all at once, from a process of its own.
 * @param {string} url
 * @param {number} bytes of each file
 * @param {string[]} tokens
 * @returns {Promise<{ seconds: number, fileIds: string[] }>}
 */
export async function sendFiles(url, bytes, tokens) {
  const child = startChild(undefined, [process.execPath, CLIENT, url, String(bytes), ...tokens], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error('the uploads failed');
  return JSON.parse(output);
}

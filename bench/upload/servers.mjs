import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags, entryOf } from '../../scripts/lib/project.mjs';

const SERVERS = fileURLToPath(new URL('servers', import.meta.url));
const KEY = randomBytes(24).toString('hex');

/**
 * @typedef {object} Made a server to be started
 * @property {string} name
 * @property {string} folder of its own, empty at the start
 * @property {string[]} command
 * @property {Record<string, string>} env
 * @property {string} key that it gives tokens for
 * @property {(url: string, count: number) => Promise<string[]>} tokens for so many uploads
 * @property {(url: string, fileIds: string[]) => Promise<void>} remove the files of a round
 */

/** @returns {Made} */
export function bareBusboy(folder) {
  const files = join(folder, 'busboy');
  return {
    name: 'busboy',
    folder: files,
    command: [join(SERVERS, 'bare-busboy.mjs'), files],
    env: {},
    key: KEY,
    tokens: async (_url, count) => Array.from({ length: count }, () => 'none'),
    remove: async () => {
      for (const name of await readdir(files)) await rm(join(files, name));
    },
  };
}

/** @returns {Made} */
export function bareFastify(folder) {
  return {
    name: 'fastify',
    folder: join(folder, 'fastify'),
    command: [join(SERVERS, 'bare-fastify.mjs')],
    env: {},
    key: KEY,
  };
}

/** The built api as `npm start` runs it, with production's settings. @returns {Made} */
export function tollgate(folder) {
  const data = join(folder, 'data');
  return {
    name: 'tollgate',
    folder: data,
    command: [...nodeFlags('api'), entryOf('api')],
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: data,
      MASTER_KEY: `bench:${randomBytes(32).toString('base64')}`,
      UPLOAD_AUTH_TOKEN: KEY,
      ADDRESS_LIMIT_EXEMPT: '127.0.0.0/8',
    },
    key: KEY,
    tokens: async (url, count) => Promise.all(Array.from({ length: count }, () => issue(url))),
    remove: async (url, fileIds) => {
      for (const id of fileIds) {
        const headers = { authorization: `Bearer ${KEY}` };
        const { status } = await fetch(new URL(`/api/video/files/${id}`, url), { method: 'DELETE', headers });
        if (status >= 300) throw new Error(`a file could not be removed: ${status}`);
      }
    },
  };
}

async function issue(url) {
  const response = await fetch(new URL('/api/video/auth/upload-token', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ authKey: KEY }),
  });
  const { token } = await response.json();
  if (token === undefined) throw new Error(`no token was issued: ${response.status}`);
  return token;
}

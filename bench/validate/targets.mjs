import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryOf } from '../../scripts/lib/project.mjs';

const SERVERS = fileURLToPath(new URL('servers', import.meta.url));
const JSON_TYPE = 'application/json';

/**
 * @typedef {object} Target one server under test, with what it is asked
 * @property {string} name for options and results
 * @property {string} title for people
 * @property {string[]} command for Node
 * @property {Record<string, string>} env
 * @property {Omit<import('../lib/wrk.mjs').Load, 'count'>} load
 *
 * @typedef {object} Seed
 * @property {string} dataDir holds the filled store
 * @property {string} hotFile requests for one token of each account
 * @property {string} allFile requests for every token
 */

/** The servers that are compared, in the order of the rounds. */
export const TARGETS = [
  {
    name: 'fastify',
    title: 'bare fastify, schema in and out',
    make: peer('bare-fastify', '/api/v2/validate', JSON_TYPE),
  },
  { name: 'hot', title: 'tollgate, 1,000 of 100,000 tokens', make: tollgate('hotFile', {}) },
  { name: 'all', title: 'tollgate, all 100,000 tokens', make: tollgate('allFile', {}) },
  {
    name: 'uncached',
    title: 'tollgate, all, cache of 1,000 (each read from SQLite)',
    make: tollgate('allFile', { CACHE_TOKEN_MAX: '1000' }),
  },
  {
    name: 'oidc',
    title: 'oidc-provider introspection, in memory, 1,000 tokens',
    make: peer('oidc-provider', '/token/introspection', 'application/x-www-form-urlencoded'),
  },
  {
    name: 'better-auth-sqlite',
    title: 'better-auth verifyApiKey, SQLite, 1,000 keys',
    make: peer('better-auth', '/verify', JSON_TYPE, 'sqlite'),
  },
  {
    name: 'better-auth-memory',
    title: 'better-auth verifyApiKey, in memory, 1,000 keys',
    make: peer('better-auth', '/verify', JSON_TYPE, 'memory'),
  },
];

function peer(server, path, contentType, ...args) {
  return (folder) => {
    const file = join(folder, 'requests.tsv');
    return {
      command: [join(SERVERS, `${server}.mjs`), file, ...args, folder],
      env: {},
      load: { file, path, contentType },
    };
  };
}

/** The built api as `npm start` runs it, with production's settings, on a copy of the filled store of its own. */
function tollgate(requests, settings) {
  return (folder, seed) => {
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir);
    copyFileSync(join(seed.dataDir, 'tollgate.db'), join(dataDir, 'tollgate.db'));
    const masterKey = `bench:${randomBytes(32).toString('base64')}`;
    return {
      command: ['--enable-source-maps', entryOf('api')],
      env: { HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, MASTER_KEY: masterKey, ...settings },
      load: { file: seed[requests], path: '/api/v2/validate', contentType: JSON_TYPE },
    };
  };
}

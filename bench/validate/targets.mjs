import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags, entryOf } from '../../scripts/lib/project.mjs';

const SERVERS = fileURLToPath(new URL('servers', import.meta.url));
const JSON_TYPE = 'application/json';

/** Higher than any load here: what is measured is the counting, not the refusing. */
const LIMIT = 1_000_000_000;
const LIMITS = {
  ENABLE_APP_RATE_LIMIT: 'true',
  ENABLE_ACCOUNT_RATE_LIMIT: 'true',
  ENABLE_TOKEN_RATE_LIMIT: 'true',
  APP_RATE_LIMIT_PER_MINUTE: String(LIMIT),
  APP_RATE_LIMIT_PER_HOUR: String(LIMIT),
  APP_RATE_LIMIT_PER_DAY: String(LIMIT),
};
const LEASES = {
  ...LIMITS,
  RATE_LIMIT_LEASE_APP: '10000',
  RATE_LIMIT_LEASE_ACCOUNT: '1000',
  RATE_LIMIT_LEASE_TOKEN: '1000',
};
const STORED = 100_000;

/**
 * @typedef {object} Target one server under test, with what it is asked
 * @property {string} name for options and results
 * @property {string} title for people
 * @property {number} [stored] tokens in the store
 * @property {boolean} [redis] whether it has a Redis server of its own
 * @property {boolean} [unbound] whether it may use every core
 * @property {(folder: string, seed: Seed | undefined) => { command: string[], env: Record<string, string>, load: Omit<import('../lib/wrk.mjs').Load, 'count'> }} make
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
  { name: 'hot', title: 'tollgate, no limits', stored: STORED, make: tollgate('hotFile', {}) },
  { name: 'memory', title: 'tollgate, nine windows in process', stored: STORED, make: tollgate('hotFile', LIMITS) },
  {
    name: 'redis',
    title: 'tollgate, nine windows on Redis, exact',
    stored: STORED,
    redis: true,
    make: tollgate('hotFile', LIMITS),
  },
  {
    name: 'leased',
    title: 'tollgate, nine windows on Redis, leased',
    stored: STORED,
    redis: true,
    make: tollgate('hotFile', LEASES),
  },
  { name: 'all', title: 'tollgate, all 100,000 tokens, no limits', stored: STORED, make: tollgate('allFile', {}) },
  {
    name: 'uncached',
    title: 'tollgate, all, cache of 1,000 (each read from SQLite)',
    stored: STORED,
    make: tollgate('allFile', { CACHE_TOKEN_MAX: '1000' }),
  },
  { name: 'of-1k', title: 'tollgate, 1,000 of 1,000 tokens', stored: 1_000, make: tollgate('hotFile', {}) },
  { name: 'of-1m', title: 'tollgate, 1,000 of 1,000,000 tokens', stored: 1_000_000, make: tollgate('hotFile', {}) },
  {
    name: 'one',
    title: 'tollgate, 1 worker, both cores',
    stored: STORED,
    unbound: true,
    make: tollgate('hotFile', {}),
  },
  {
    name: 'two',
    title: 'tollgate, 2 workers, both cores',
    stored: STORED,
    unbound: true,
    make: tollgate('hotFile', { API_WORKERS: '2' }),
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
      command: [...nodeFlags('api'), entryOf('api')],
      env: { HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, MASTER_KEY: masterKey, ...settings },
      load: { file: seed[requests], path: '/api/v2/validate', contentType: JSON_TYPE },
    };
  };
}

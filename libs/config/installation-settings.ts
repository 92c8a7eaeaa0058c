import { join } from 'node:path';
import { duration } from './duration';
import { flag, integer, text } from './fields';
import { secret, secretUrl } from './secret';

/**
 * Variables that say where an installation keeps its records and keys: the same for the processes that serve and for the
 * commands that work on their store. Spread them into a schema.
 */
export const installationSettings = {
  MONGO_URI: secretUrl('mongodb', 'mongodb+srv').optional(),
  MONGO_DATABASE: text().optional(),
  SKIP_INDEX_CREATION: flag(false),
  REDIS_URL: secretUrl(
    'redis',
    'rediss',
    'redis+sentinel',
    'rediss+sentinel',
    'redis+cluster',
    'rediss+cluster',
  ).optional(),
  REDIS_KEY_PREFIX: text('tollgate:').refine(
    // Braces decide where a key lies in a cluster; that is for those who make the keys.
    (prefix) => /^(?:(?![{}])[\x21-\x7e]){0,64}$/.test(prefix),
    'must be at most 64 printable ASCII characters without spaces and braces',
  ),
  MASTER_KEY: secret().optional(),
  MASTER_KEY_FILE: text().optional(),
  BCRYPT_COST: integer(10, { min: 4, max: 15 }),
  EXPIRED_TOKEN_RETENTION: duration('30d', { max: '3650d' }),
};

/** The embedded store's file. */
export function databaseFileIn(dataDir: string): string {
  return join(dataDir, 'tollgate.db');
}

/** The generated master keys. */
export function masterKeysFileIn(dataDir: string): string {
  return join(dataDir, 'master.keys');
}

/** The generated operator key. */
export function operatorKeyFileIn(dataDir: string): string {
  return join(dataDir, 'operator.key');
}

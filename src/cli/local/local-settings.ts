import { existsSync } from 'node:fs';
import { FileMasterKeyRing, type MasterKeyRing, StaticMasterKeyRing, parseMasterKeys } from '@tollgate/auth';
import {
  type Environment,
  SettingsError,
  databaseFileIn,
  installationSettings,
  loadSettings,
  masterKeysFileIn,
  processSettings,
  secretUrl,
} from '@tollgate/config';
import type { StorageOptions } from '@tollgate/storage';
import { z } from 'zod';
import { CliError } from '../cli-error';

// The same names and defaults as the api's: a command works on the store that the api would open.
const schema = z.object({
  DATA_DIR: processSettings.DATA_DIR,
  ...installationSettings,
  TOLLGATE_IMPORT_URI: secretUrl('mongodb', 'mongodb+srv').optional(),
});

export type LocalSettings = Readonly<z.output<typeof schema>>;

/** @throws CliError that names every wrong variable, never a value */
export function loadLocalSettings(env: Environment): LocalSettings {
  try {
    return loadSettings(schema, env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new CliError(error.problems.map(({ variable, rule }) => `${variable} ${rule}`).join('; '));
  }
}

/**
 * The record store of this installation.
 * @throws CliError instead of making an empty one in a wrong folder
 */
export function storageOptionsOf(settings: LocalSettings): StorageOptions {
  const { MONGO_URI, MONGO_DATABASE, SKIP_INDEX_CREATION } = settings;
  if (MONGO_URI !== undefined) {
    return {
      driver: 'mongo',
      uri: MONGO_URI.reveal(),
      ...(MONGO_DATABASE === undefined ? {} : { database: MONGO_DATABASE }),
      createIndexes: !SKIP_INDEX_CREATION,
    };
  }
  const path = databaseFileIn(settings.DATA_DIR);
  if (!existsSync(path)) {
    throw new CliError(`no record store: start the api once, or set DATA_DIR or MONGO_URI (no ${path} here)`);
  }
  return { driver: 'sqlite', path };
}

/**
 * The master keys of this installation. None are made here: the api does that, or `keys generate`.
 * @throws CliError when there are none
 */
export function openMasterKeys(settings: LocalSettings): MasterKeyRing {
  if (settings.MASTER_KEY !== undefined && settings.MASTER_KEY_FILE !== undefined) {
    throw new CliError('MASTER_KEY_FILE must not be set together with MASTER_KEY');
  }
  if (settings.MASTER_KEY !== undefined) return new StaticMasterKeyRing(parseMasterKeys(settings.MASTER_KEY.reveal()));
  const path = settings.MASTER_KEY_FILE ?? masterKeysFileIn(settings.DATA_DIR);
  if (!existsSync(path))
    throw new CliError(`no master keys: start the api once, or set MASTER_KEY_FILE or MASTER_KEY (no ${path} here)`);
  return new FileMasterKeyRing(path);
}

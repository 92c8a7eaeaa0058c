import { databaseFileIn } from '@tollgate/config';
import type { StorageOptions } from '@tollgate/storage';
import type { ApiSettings } from './api.settings';

/** The record store: MongoDB when MONGO_URI is set, else the embedded one in DATA_DIR. */
export function storageOptionsOf(settings: ApiSettings): StorageOptions {
  if (settings.MONGO_URI === undefined) return { driver: 'sqlite', path: databaseFileIn(settings.DATA_DIR) };
  return {
    driver: 'mongo',
    uri: settings.MONGO_URI.reveal(),
    ...(settings.MONGO_DATABASE === undefined ? {} : { database: settings.MONGO_DATABASE }),
    createIndexes: !settings.SKIP_INDEX_CREATION,
  };
}

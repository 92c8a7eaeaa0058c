import { join } from 'node:path';
import type { StorageOptions } from '@tollgate/storage';
import type { ApiSettings } from './api.settings';

const DATABASE_FILE = 'tollgate.db';
/** The contract's name where neither MONGO_DATABASE nor the address says one. */
const DEFAULT_DATABASE = 'token_service_v2';

/** The record store: MongoDB when MONGO_URI is set, else the embedded one in DATA_DIR. */
export function storageOptionsOf(settings: ApiSettings): StorageOptions {
  if (settings.MONGO_URI === undefined) {
    return { driver: 'sqlite', path: join(settings.DATA_DIR, DATABASE_FILE) };
  }
  const uri = settings.MONGO_URI.reveal();
  return {
    driver: 'mongo',
    uri,
    database: settings.MONGO_DATABASE ?? databaseIn(uri) ?? DEFAULT_DATABASE,
    createIndexes: !settings.SKIP_INDEX_CREATION,
  };
}

/** The database named in `mongodb://hosts/{database}?options`. */
function databaseIn(uri: string): string | undefined {
  const name = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]*)/.exec(uri)?.[1];
  return name === undefined || name === '' ? undefined : decodeURIComponent(name);
}

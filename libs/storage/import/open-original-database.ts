import type { OriginalSource } from './original-source';

/**
 * Opens the original service's database, to be read only. Loads the MongoDB driver.
 * @param uri connection string; may hold a password
 * @param database else the one named in `uri`, else `token_service_v2`
 * @throws TollgateError `invalid_request` for a bad connection string, `unavailable` when no server answers
 */
export async function openOriginalDatabase(uri: string, database?: string): Promise<OriginalSource> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an embedded installation loads it only for this
  const { OriginalDatabase } = require('../mongo/original-database') as typeof import('../mongo/original-database');
  return OriginalDatabase.open(uri, database);
}

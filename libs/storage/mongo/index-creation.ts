import { MONGO_INDEXES, type MongoIndexSpec } from './index-specs';
import { onStore } from './store-errors';
import { mongo } from 'mongoose';

/** `IndexOptionsConflict` and `IndexKeySpecsConflict`. */
const CONFLICT_CODES: ReadonlySet<unknown> = new Set([85, 86]);

/**
 * Makes the indexes that are missing; those that are there are left alone.
 * @throws Error naming the index when one of that name or key exists with other options: nothing is dropped by itself
 */
export async function createIndexes(
  database: mongo.Db,
  specs: readonly MongoIndexSpec[] = MONGO_INDEXES,
): Promise<void> {
  for (const { collection, ...index } of specs) {
    try {
      await onStore(() => database.collection(collection).createIndexes([{ ...index, key: { ...index.key } }]));
    } catch (error) {
      if (!(error instanceof mongo.MongoServerError) || !CONFLICT_CODES.has(error.code)) throw error;
      throw new Error(
        `index ${index.name} of ${collection} exists with other options: drop it, or set SKIP_INDEX_CREATION=true and keep it`,
        { cause: error },
      );
    }
  }
}

/**
 * Refuses a database that holds the original service's records, whose documents only look like ours: their secrets
 * are plaintext and none of them would be found.
 * @throws Error that tells what to do
 */
export async function refuseOriginalDatabase(database: mongo.Db): Promise<void> {
  // A comparison with a string matches strings only, and the index on `token` answers it.
  const plaintextToken = { token: { $gte: '' } };
  const [token, account] = await onStore(() =>
    Promise.all([
      database.collection('tokens').findOne(plaintextToken, { projection: { _id: 1 } }),
      database.collection('accounts').findOne({}, { projection: { secret_key: 1 } }),
    ]),
  );
  if (token === null && account?.['secret_key'] === undefined) return;
  throw new Error(
    `database ${database.databaseName} holds records of the original service: ` +
      'choose another one with MONGO_DATABASE and take them over with `tollgate import mongo`',
  );
}

import { DuplicateError, TollgateError } from '@tollgate/domain';
import { mongo } from 'mongoose';
import { MONGO_INDEXES } from './index-specs';

export const DUPLICATE_KEY = 11000;

/** Errors of the driver that mean "no usable server right now"; named, since not all are exported as classes. */
const UNREACHABLE_NAMES: ReadonlySet<string> = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongooseServerSelectionError',
  'MongoTopologyClosedError',
  'MongoNotConnectedError',
  'MongoClientClosedError',
  'MongoServerClosedError',
  'MongoPoolClosedError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoWaitQueueTimeoutError',
  'MongoExpiredSessionError',
  'MongoWriteConcernError',
  'MongoOperationTimeoutError',
]);

/** Answers of a server that is changing its role or shutting down (the driver specification's retryable codes). */
const UNREACHABLE_CODES: ReadonlySet<number> = new Set([
  6, 7, 64, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
]);

/** What a unique field of a document is called in the domain. */
const DOMAIN_FIELDS: ReadonlyMap<string, string> = new Map([
  ['_id', 'id'],
  ['token_id', 'id'],
]);

/**
 * Runs a piece of work on the store and turns the driver's errors into ours.
 * @throws DuplicateError for a unique index; TollgateError `unavailable` when no server answers or confirms; anything
 * else is a fault and passes unchanged
 */
export async function onStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateStoreError(error);
  }
}

/** The same for an error at hand. */
export function translateStoreError(error: unknown): unknown {
  if (isDuplicate(error)) return new DuplicateError(duplicateField(error));
  return isUnreachable(error) ? storeUnavailable(error) : error;
}

/** What our callers hear when MongoDB does not answer or does not confirm. */
export function storeUnavailable(cause: unknown): TollgateError {
  return new TollgateError('unavailable', 'record store unavailable', { cause });
}

/** Whether a unique index refused the write. */
export function isDuplicate(error: unknown): error is mongo.MongoServerError {
  return error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;
}

function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (UNREACHABLE_NAMES.has(error.name)) return true;
  if (error instanceof mongo.MongoError) {
    return UNREACHABLE_CODES.has(Number(error.code)) || error.hasErrorLabel('RetryableWriteError');
  }
  // With `bufferCommands: false` Mongoose itself refuses what comes before the connection is up.
  return error.name === 'MongooseError' && error.message.includes('initial connection');
}

/**
 * The domain name of the field that was not unique. Servers since 4.2 say so in `keyPattern`; others name the index in
 * the message only, `E11000 duplicate key error collection: db.accounts index: email_1 dup key: …`.
 */
function duplicateField(error: mongo.MongoServerError): string {
  const pattern: unknown = error['keyPattern'];
  const field =
    typeof pattern === 'object' && pattern !== null ? Object.keys(pattern)[0] : fieldOfIndex(indexName(error.message));
  return field === undefined ? 'unknown' : (DOMAIN_FIELDS.get(field) ?? field);
}

function indexName(message: string): string | undefined {
  return /\bindex: (?:\S*\.\$)?(\S+)/.exec(message)?.[1];
}

function fieldOfIndex(name: string | undefined): string | undefined {
  if (name === '_id_') return '_id';
  const spec = MONGO_INDEXES.find((index) => index.unique && index.name === name);
  return spec === undefined ? undefined : Object.keys(spec.key)[0];
}

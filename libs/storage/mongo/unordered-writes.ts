import { mongo } from 'mongoose';
import { DUPLICATE_KEY, storeUnavailable, translateStoreError } from './store-errors';

/**
 * Runs an unordered bulk write, which tries each of its operations whatever becomes of the others, and takes it for no
 * failure that a unique index refused some.
 * @returns the positions of those that were refused
 * @throws as `onStore` does for everything else
 */
export async function refusedAsDuplicates(write: () => Promise<unknown>): Promise<readonly number[]> {
  try {
    await write();
    return [];
  } catch (error) {
    if (!(error instanceof mongo.MongoBulkWriteError)) throw translateStoreError(error);
    return refusalsIn(error);
  }
}

function refusalsIn(error: mongo.MongoBulkWriteError): readonly number[] {
  // The driver wraps whatever ends a bulk write, a lost connection too, and so hides what it was.
  const wrapped: unknown = error.errorResponse;
  if (wrapped instanceof Error) throw translateStoreError(wrapped);
  // What was written counts only once it is confirmed; refusals must not hide that it was not.
  const unconfirmed = error.result.getWriteConcernError();
  if (unconfirmed !== undefined) throw storeUnavailable(serverError(unconfirmed));
  const failures = [error.writeErrors].flat();
  const other = failures.find(({ code }) => code !== DUPLICATE_KEY);
  if (other !== undefined) throw translateStoreError(serverError(other));
  return failures.map(({ index }) => index);
}

/** Without the operation that failed: it may hold more than belongs in a log. */
function serverError({ code, errmsg }: Pick<mongo.WriteError, 'errmsg'> & { code?: number | undefined }): Error {
  return new mongo.MongoServerError({ errmsg: errmsg ?? 'write failed', ...(code === undefined ? {} : { code }) });
}

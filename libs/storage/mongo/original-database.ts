import { isIdShaped } from '@tollgate/domain';
import { mongo, Types } from 'mongoose';
import {
  type OriginalCollection,
  type OriginalEntry,
  type OriginalRows,
  OriginalSource,
} from '../import/original-source';
import { assertReadable, databaseInUri, DEFAULT_DATABASE, driverOptions } from './connection-options';
import { FieldProblem } from './original-fields';
import { ORIGINAL_ROW_READERS } from './original-rows';
import { onStore } from './store-errors';

/** Documents fetched at a time; small, so that the server's cursor lives while secrets are being hashed. */
const BATCH_SIZE = 200;

type OriginalDocument = Readonly<Record<string, unknown>> & { readonly _id: unknown };

/**
 * The database of the original service, opened to be read only.
 *
 * Documents come by `_id`: those with a text first, then those with an ObjectId (comparisons in MongoDB stay within
 * one type). A document with any other `_id` comes last, as a problem.
 */
export class OriginalDatabase extends OriginalSource {
  private constructor(
    private readonly client: mongo.MongoClient,
    private readonly database: mongo.Db,
  ) {
    super();
  }

  /**
   * @param uri connection string; may hold a password
   * @param database else the one named in `uri`, else `token_service_v2`
   * @throws TollgateError `invalid_request` for a bad connection string, `unavailable` when no server answers
   */
  static async open(uri: string, database?: string): Promise<OriginalDatabase> {
    assertReadable(uri);
    const client = new mongo.MongoClient(uri, { ...driverOptions(), readPreference: 'primaryPreferred' });
    const db = client.db(database ?? databaseInUri(uri) ?? DEFAULT_DATABASE);
    try {
      await onStore(() => db.command({ ping: 1 }));
    } catch (error) {
      await client.close();
      throw error;
    }
    return new OriginalDatabase(client, db);
  }

  override async *read<C extends OriginalCollection>(
    collection: C,
    after?: string,
  ): AsyncIterable<OriginalEntry<OriginalRows[C]>> {
    const last = after === undefined ? undefined : parseCursor(after);
    if (last instanceof Types.ObjectId) {
      yield* this.readWhere(collection, { _id: { $gt: last } });
    } else {
      yield* this.readWhere(collection, { _id: last === undefined ? { $gte: '' } : { $gt: last } });
      yield* this.readWhere(collection, { _id: { $gte: FIRST_OBJECT_ID } });
    }
    yield* this.readWhere(collection, { $nor: [{ _id: { $gte: '' } }, { _id: { $gte: FIRST_OBJECT_ID } }] });
  }

  override estimateCount(collection: OriginalCollection): Promise<number> {
    return onStore(() => this.database.collection(collection).estimatedDocumentCount());
  }

  override async close(): Promise<void> {
    await this.client.close();
  }

  private async *readWhere<C extends OriginalCollection>(
    collection: C,
    filter: object,
  ): AsyncIterable<OriginalEntry<OriginalRows[C]>> {
    const documents = this.database
      .collection<OriginalDocument>(collection)
      .find(filter, { batchSize: BATCH_SIZE })
      .sort({ _id: 1 });
    try {
      for (;;) {
        const document = await onStore(() => documents.next());
        if (document === null) return;
        yield entryOf(collection, document);
      }
    } finally {
      await documents.close();
    }
  }
}

const FIRST_OBJECT_ID = new Types.ObjectId('0'.repeat(24));

function entryOf<C extends OriginalCollection>(
  collection: C,
  document: OriginalDocument,
): OriginalEntry<OriginalRows[C]> {
  const { _id } = document;
  const isResumable = typeof _id === 'string' || _id instanceof Types.ObjectId;
  const text = isResumable ? String(_id) : '';
  // What is no id may be a secret that somebody put in its place.
  const id = isIdShaped(text) ? text : '(not an id)';
  const cursor = typeof _id === 'string' ? `s${text}` : `o${isResumable ? text : 'f'.repeat(24)}`;
  try {
    if (!isResumable) throw new FieldProblem('_id', 'is neither text nor an ObjectId');
    return { cursor, id, row: ORIGINAL_ROW_READERS[collection](document) };
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error;
    return { cursor, id, problem: { collection, id, field: error.field, reason: error.reason } };
  }
}

function parseCursor(cursor: string): string | Types.ObjectId {
  return cursor.startsWith('o') ? new Types.ObjectId(cursor.slice(1)) : cursor.slice(1);
}

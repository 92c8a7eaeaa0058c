import { mongo } from 'mongoose';
import { type ApiProcess, type StartApiOptions, startApi } from './api-process';
import { describeWithMongo } from './mongo-server';

/** Starts an api on the store under test; several in one `describe` share their records. */
export type StartOnStore = (options?: StartApiOptions) => Promise<ApiProcess>;

/** Defines the same cases for the embedded store and for MongoDB. */
export function describeOnEachStore(name: string, define: (start: StartOnStore) => void): void {
  describe(`${name}, on the embedded store`, () => {
    define(startApi);
  });

  describeOnMongo(`${name}, on MongoDB`, define);
}

/** Defines cases for MongoDB only: the store that tells one process nothing of another's changes. */
export function describeOnMongo(name: string, define: (start: StartOnStore) => void): void {
  describeWithMongo(name, (server) => {
    let database = '';
    beforeAll(() => {
      database = server().newDatabaseName();
    });
    afterAll(async () => {
      const client = await mongo.MongoClient.connect(server().uri);
      await client.db(database).dropDatabase();
      await client.close();
    });
    define(async (options = {}) =>
      startApi({ ...options, env: { MONGO_URI: server().uri, MONGO_DATABASE: database, ...options.env } }));
  });
}

/** One api for all cases of the surrounding `describe`; call the result to get it. */
export function useApi(start: StartOnStore = startApi, env: Readonly<Record<string, string>> = {}): () => ApiProcess {
  let api: ApiProcess | undefined;
  beforeAll(async () => {
    api = await start({ env });
  });
  afterAll(async () => {
    await api?.stop();
  });
  return () => {
    if (api === undefined) throw new Error('the api runs only while a case runs');
    return api;
  };
}

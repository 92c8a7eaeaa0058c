import { NestFactory } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/mongoose';
import {
  AccountRepository,
  AuditRepository,
  ChangeFeed,
  ImportRepository,
  ReplayRepository,
  StoreHealth,
  TokenRepository,
} from '@tollgate/domain';
import { StorageModule } from '@tollgate/storage';
import type { StoreUnderTest } from '@tollgate/testing';
import type { Connection, mongo } from 'mongoose';
import type { MongoForTests } from './mongo-server';

/** A store on MongoDB with a look behind it. */
export interface MongoStoreUnderTest extends StoreUnderTest {
  /** The database itself, to see what is stored and to do what only a crash would. */
  readonly database: mongo.Db;
}

/** Opens an empty store in a database of its own. */
export async function openMongoStore(mongo: MongoForTests): Promise<MongoStoreUnderTest> {
  const database = mongo.newDatabaseName();
  const store = await connect(mongo, database);
  return {
    ...store,
    openAnother: () => connect(mongo, database),
    teardown: async () => {
      await store.database.dropDatabase();
      await store.teardown();
    },
  };
}

async function connect(mongo: MongoForTests, database: string): Promise<MongoStoreUnderTest> {
  const options = { driver: 'mongo', uri: mongo.uri, database, createIndexes: true } as const;
  const app = await NestFactory.createApplicationContext(StorageModule.forRoot(options), { logger: false });
  const connection = app.get<Connection>(getConnectionToken(), { strict: false });
  const db = connection.getClient().db(database);
  if (mongo.enforcesTtl) await dropTtlIndexes(db);
  return {
    accounts: app.get(AccountRepository),
    tokens: app.get(TokenRepository),
    audits: app.get(AuditRepository),
    replays: app.get(ReplayRepository),
    imports: app.get(ImportRepository),
    changes: app.get(ChangeFeed),
    health: app.get(StoreHealth),
    database: db,
    teardown: () => app.close(),
  };
}

/** The suites live at a time of their own: a real server would delete their records by its clock. */
async function dropTtlIndexes(database: mongo.Db): Promise<void> {
  for (const { name } of await database.listCollections({}, { nameOnly: true }).toArray()) {
    const collection = database.collection(name);
    for (const index of await collection.indexes()) {
      if (index.expireAfterSeconds !== undefined && index.name !== undefined) await collection.dropIndex(index.name);
    }
  }
}

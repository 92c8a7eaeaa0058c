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
  TrafficRepository,
  UploadCallbackRepository,
  UploadedFileRepository,
  UploadReservations,
  UploadTokenRepository,
  ValidationLogRepository,
} from '@tollgate/domain';
import { StorageModule } from '@tollgate/storage';
import type { StoreUnderTest } from '@tollgate/testing';
import { type Connection, mongo } from 'mongoose';
import type { MongoForTests } from './mongo-server';

/** A store on MongoDB with a look behind it. */
export interface MongoStoreUnderTest extends StoreUnderTest {
  /** The database itself, to see what is stored and to do what only a crash would. */
  readonly database: mongo.Db;
}

/** Opens an empty store in a database of its own. */
export async function openMongoStore(server: MongoForTests): Promise<MongoStoreUnderTest> {
  const database = server.newDatabaseName();
  const store = await connect(server, database);
  return {
    ...store,
    openAnother: () => connect(server, database),
    teardown: async () => {
      await store.database.dropDatabase();
      await store.teardown();
    },
  };
}

async function connect(server: MongoForTests, database: string): Promise<MongoStoreUnderTest> {
  const options = { driver: 'mongo', uri: server.uri, database, createIndexes: true } as const;
  const app = await NestFactory.createApplicationContext(StorageModule.forRoot(options), { logger: false });
  const connection = app.get<Connection>(getConnectionToken(), { strict: false });
  const db = connection.getClient().db(database);
  await stopTtl(db);
  return {
    accounts: app.get(AccountRepository),
    tokens: app.get(TokenRepository),
    audits: app.get(AuditRepository),
    validationLogs: app.get(ValidationLogRepository),
    replays: app.get(ReplayRepository),
    imports: app.get(ImportRepository),
    uploadTokens: app.get(UploadTokenRepository),
    uploadReservations: app.get(UploadReservations),
    uploadedFiles: app.get(UploadedFileRepository),
    uploadCallbacks: app.get(UploadCallbackRepository),
    traffic: app.get(TrafficRepository),
    changes: app.get(ChangeFeed),
    health: app.get(StoreHealth),
    database: db,
    teardown: () => app.close(),
  };
}

/** `CommandNotFound`: the stand-in, which deletes nothing by itself. */
const COMMAND_NOT_FOUND = 59;
/** 68 years: the longest that MongoDB takes. */
const NEVER_SECONDS = 2 ** 31 - 1;

/** The suites live at a time of their own: a real server would delete their records by its clock. */
async function stopTtl(database: mongo.Db): Promise<void> {
  for (const { name: collMod } of await database.listCollections({}, { nameOnly: true }).toArray()) {
    for (const { name, expireAfterSeconds } of await database.collection(collMod).indexes()) {
      if (expireAfterSeconds === undefined) continue;
      try {
        await database.command({ collMod, index: { name, expireAfterSeconds: NEVER_SECONDS } });
      } catch (error) {
        if (!(error instanceof mongo.MongoServerError) || error.code !== COMMAND_NOT_FOUND) throw error;
      }
    }
  }
}

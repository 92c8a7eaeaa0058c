import { type DynamicModule, Module } from '@nestjs/common';
import type { StorageOptions } from './storage-options';

/**
 * The record store, chosen by its options: provides `AccountRepository`, `TokenRepository`,
 * `ValidationLogRepository`, `AuditRepository`, `ReplayRepository`, `ImportRepository`, `UploadTokenRepository`,
 * `UploadReservations`, `UploadedFileRepository`, `UploadCallbackRepository`, `ChangeFeed` and `StoreHealth` of
 * `@tollgate/domain` to the whole application.
 *
 * It closes in `onApplicationShutdown`, with everything it acknowledged on disk. Whoever writes something last, such
 * as collected usage, does so in `onModuleDestroy` or `beforeApplicationShutdown`.
 */
@Module({})
export class StorageModule {
  static forRoot(options: StorageOptions): DynamicModule {
    const driver = driverModule(options);
    return { module: StorageModule, global: true, imports: [driver], exports: [driver] };
  }
}

/** Loads the chosen driver alone: a MongoDB installation needs no native SQLite binding, an embedded one no mongoose. */
function driverModule(options: StorageOptions): DynamicModule {
  if (options.driver === 'sqlite') {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only when chosen
    const sqlite = require('./sqlite/sqlite-storage.module') as typeof import('./sqlite/sqlite-storage.module');
    return sqlite.SqliteStorageModule.forRoot(options);
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only when chosen
  const mongo = require('./mongo/mongo-storage.module') as typeof import('./mongo/mongo-storage.module');
  return mongo.MongoStorageModule.forRoot(options);
}

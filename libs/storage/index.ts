export { StorageModule } from './storage.module';
export type { MongoStorageOptions, SqliteStorageOptions, StorageOptions } from './storage-options';

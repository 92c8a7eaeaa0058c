export { StorageModule } from './storage.module';
export type { SqliteStorageOptions, StorageOptions } from './storage-options';
export type { ImportCounts, ImportCursor, ImportReport } from './import/import-report';
export { openOriginalDatabase } from './import/open-original-database';
export { OriginalImport, type OriginalImportOptions, type SealSecret } from './import/original-import';
export type { OriginalSource } from './import/original-source';

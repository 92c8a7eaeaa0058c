import type { FileStorage } from './file-storage';
import { LocalFileStorage, type LocalStorageOptions } from './local/local-file-storage';
import { LocalPartialUploads } from './local/local-partial-uploads';
import type { PartialUploads } from './partial-uploads';
import { S3FileStorage } from './s3/s3-file-storage';
import type { S3StorageOptions } from './s3/s3-options';
import { S3PartialUploads } from './s3/s3-partial-uploads';

/** Contents in a folder of this machine, or one that several share. */
export function createLocalFileStorage(options: LocalStorageOptions): FileStorage {
  return new LocalFileStorage(options);
}

/** Contents in a bucket of Amazon S3 or of a server that speaks its protocol. */
export function createS3FileStorage(options: S3StorageOptions): FileStorage {
  return new S3FileStorage(options);
}

/** Resumable uploads beside the contents in a folder. @param path as the `FileStorage` beside it has it */
export function createLocalPartialUploads(path: string): PartialUploads {
  return new LocalPartialUploads(path);
}

/** Resumable uploads beside the contents in a bucket. */
export function createS3PartialUploads(options: S3StorageOptions): PartialUploads {
  return new S3PartialUploads(options);
}

export * from './create-file-storage';
export * from './file-storage';
export { FileUploadLocks } from './local/file-upload-locks';
export * from './partial-uploads';
export type { S3StorageOptions } from './s3/s3-options';

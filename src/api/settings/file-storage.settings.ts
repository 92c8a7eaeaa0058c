import { join } from 'node:path';
import type { Clock } from '@tollgate/domain';
import {
  type FileStorage,
  type PartialUploads,
  type S3StorageOptions,
  createLocalFileStorage,
  createLocalPartialUploads,
  createS3FileStorage,
  createS3PartialUploads,
} from '@tollgate/file-storage';
import type { ApiSettings } from './api.settings';

/** The folder of uploads, where they are kept in one. */
export function uploadFolderOf({ UPLOAD_DIR, DATA_DIR }: ApiSettings): string {
  return UPLOAD_DIR ?? join(DATA_DIR, 'uploads');
}

/** Where the contents of uploads are: a folder, or with UPLOAD_STORAGE=s3 a bucket. */
export function openFileStorage(settings: ApiSettings, clock: Clock): FileStorage {
  const bucket = bucketOf(settings, clock);
  return bucket === undefined
    ? createLocalFileStorage({ path: uploadFolderOf(settings), clock })
    : createS3FileStorage(bucket);
}

/** Where what has come of resumable uploads is: beside the contents. */
export function openPartialUploads(settings: ApiSettings, clock: Clock): PartialUploads {
  const bucket = bucketOf(settings, clock);
  return bucket === undefined ? createLocalPartialUploads(uploadFolderOf(settings)) : createS3PartialUploads(bucket);
}

function bucketOf(settings: ApiSettings, clock: Clock): S3StorageOptions | undefined {
  const bucket = settings.UPLOAD_S3_BUCKET;
  if (settings.UPLOAD_STORAGE === 'local' || bucket === undefined) return undefined;
  const accessKeyId = settings.UPLOAD_S3_ACCESS_KEY_ID;
  const secretAccessKey = settings.UPLOAD_S3_SECRET_ACCESS_KEY?.reveal();
  return {
    bucket,
    region: settings.UPLOAD_S3_REGION,
    ...(settings.UPLOAD_S3_ENDPOINT === undefined ? {} : { endpoint: settings.UPLOAD_S3_ENDPOINT }),
    prefix: settings.UPLOAD_S3_PREFIX,
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
    forcePathStyle: settings.UPLOAD_S3_FORCE_PATH_STYLE,
    maxBytes: settings.UPLOAD_MAX_BYTES,
    clock,
  };
}

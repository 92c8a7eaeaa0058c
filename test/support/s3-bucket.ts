import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type Clock, SystemClock } from '@tollgate/domain';
import type { S3StorageOptions } from '@tollgate/file-storage';

/** S3Proxy shows what it keeps for itself of uploads in parts among the objects: the parts, and one named as the upload. */
const INTERNAL = /^\.mpus-|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a driver is made with on a bucket of a server. */
export function storageIn(
  { endpoint, region, credentials }: Required<Pick<S3StorageOptions, 'endpoint' | 'region' | 'credentials'>>,
  bucket: string,
  { clock = new SystemClock(), prefix = '' }: { readonly clock?: Clock; readonly prefix?: string } = {},
): S3StorageOptions {
  return { bucket, region, endpoint, prefix, credentials, forcePathStyle: true, maxBytes: 1e9, clock };
}

/** The settings of an api that keeps its uploads in a bucket of a server. */
export function uploadSettingsIn(...where: Parameters<typeof storageIn>): Readonly<Record<`UPLOAD_${string}`, string>> {
  const { endpoint = '', region, bucket, prefix, credentials } = storageIn(...where);
  return {
    UPLOAD_STORAGE: 's3',
    UPLOAD_S3_ENDPOINT: endpoint,
    UPLOAD_S3_REGION: region,
    UPLOAD_S3_BUCKET: bucket,
    UPLOAD_S3_PREFIX: prefix,
    UPLOAD_S3_ACCESS_KEY_ID: credentials?.accessKeyId ?? '',
    UPLOAD_S3_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
    UPLOAD_S3_FORCE_PATH_STYLE: 'true',
  };
}

/** All that is in a bucket, complete or not, by their keys. */
export async function holdingsOf(client: S3Client, bucket: string): Promise<readonly string[]> {
  const uploads = await uploadsIn(client, bucket);
  return [...(await objectsIn(client, bucket)), ...uploads.map(({ Key }) => Key)];
}

/** Keys of the objects in a bucket, up to 1,000. */
export async function objectsIn(client: S3Client, bucket: string): Promise<readonly string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key).filter((key) => !INTERNAL.test(key));
}

/** Uploads in parts that are neither completed nor aborted, up to 1,000. */
export async function uploadsIn(
  client: S3Client,
  bucket: string,
): Promise<readonly { readonly Key: string; readonly UploadId: string }[]> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return Uploads.map(({ Key = '', UploadId = '' }) => ({ Key, UploadId }));
}

/** Removes everything, also what the server keeps for itself of uploads in parts. */
export async function emptyBucket(client: S3Client, bucket: string): Promise<void> {
  for (const upload of await uploadsIn(client, bucket)) {
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, ...upload }));
  }
  for (;;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    if (Contents.length === 0) return;
    for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  }
}

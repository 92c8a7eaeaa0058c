import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';

/** S3Proxy shows what it keeps for itself of uploads in parts among the objects: the parts, and one named as the upload. */
const INTERNAL = /^\.mpus-|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

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

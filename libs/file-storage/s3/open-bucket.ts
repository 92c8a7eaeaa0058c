import type { S3Client } from '@aws-sdk/client-s3';
import { isMissing, s3Answer, s3Fault } from './s3-fault';
import type { S3Sdk } from './s3-sdk';

const MOVED = 301;
const FORBIDDEN = 403;

/**
 * Tries what an upload does in a bucket, leaving nothing.
 * @param key that nobody uses
 * @throws Error that names the bucket
 */
export async function openBucket({ s3 }: S3Sdk, client: S3Client, bucket: string, key: string): Promise<void> {
  try {
    await client.send(new s3.HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    const { status } = s3Answer(error);
    if (isMissing(error)) throw new Error(`there is no S3 bucket "${bucket}"`);
    if (status === FORBIDDEN) throw new Error(`the S3 bucket "${bucket}" may not be accessed with these credentials`);
    if (status === MOVED) throw new Error(`the S3 bucket "${bucket}" is in another region than configured`);
    throw s3Fault(`opening the bucket "${bucket}"`, error);
  }
  const object = { Bucket: bucket, Key: key };
  try {
    const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(object));
    await client.send(new s3.AbortMultipartUploadCommand({ ...object, UploadId }));
  } catch (error) {
    throw s3Fault(`beginning an upload in the bucket "${bucket}"`, error);
  }
}

import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { randomHex } from '@tollgate/domain';
import { requireFileId } from '../file-id';
import { type ByteRange, FileGoneError, FileStorage, type FindExisting, type SweepReport } from '../file-storage';
import { partBytesFor } from './limits';
import { isObjectKey, objectKey } from './object-key';
import { openBucket } from './open-bucket';
import { isMissing, s3Fault } from './s3-fault';
import { S3FileWriter } from './s3-file-writer';
import type { S3StorageOptions } from './s3-options';
import { type S3Sdk, loadS3Sdk, newS3Client } from './s3-sdk';
import { S3Sweep } from './s3-sweep';

interface Connection {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly sweep: S3Sweep;
}

/** Contents as objects in a bucket, by the day they were begun. An object is there whole or not at all. */
export class S3FileStorage extends FileStorage {
  readonly #options: S3StorageOptions;
  readonly #partBytes: number;
  #connection: Promise<Connection> | undefined;

  constructor(options: S3StorageOptions) {
    super();
    this.#options = options;
    this.#partBytes = partBytesFor(options.maxBytes);
  }

  override async open(): Promise<void> {
    const { sdk, client } = await this.#connect();
    await openBucket(sdk, client, this.#options.bucket, this.#newKey(`probe_${randomHex(8)}`));
  }

  override async create(fileId: string): Promise<S3FileWriter> {
    requireFileId(fileId);
    const { sdk, client } = await this.#connect();
    const key = this.#newKey(fileId);
    return new S3FileWriter({ sdk, client, bucket: this.#options.bucket, key, fileId, partBytes: this.#partBytes });
  }

  override async read(key: string, range?: ByteRange): Promise<Readable> {
    const object = this.#objectOf(key);
    if (object === undefined) throw new FileGoneError('no content has such a key');
    const { sdk, client } = await this.#connect();
    const part = range === undefined ? {} : { Range: `bytes=${String(range.start)}-${String(range.end)}` };
    try {
      const { Body } = await client.send(new sdk.s3.GetObjectCommand({ ...object, ...part }));
      if (!(Body instanceof Readable)) throw new Error('the answer has no body');
      return Body;
    } catch (error) {
      if (isMissing(error)) throw new FileGoneError('the content is not there any more');
      throw s3Fault('reading an object', error);
    }
  }

  override async remove(key: string): Promise<void> {
    const object = this.#objectOf(key);
    if (object === undefined) return;
    const { sdk, client } = await this.#connect();
    try {
      await client.send(new sdk.s3.DeleteObjectCommand(object));
    } catch (error) {
      if (!isMissing(error)) throw s3Fault('removing an object', error);
    }
  }

  override async freeBytes(): Promise<undefined> {
    return undefined;
  }

  override async sweep(findExisting: FindExisting): Promise<SweepReport> {
    const { sweep } = await this.#connect();
    return sweep.run(this.#options.clock.nowMs(), findExisting);
  }

  async #connect(): Promise<Connection> {
    this.#connection ??= this.#newConnection();
    return this.#connection;
  }

  async #newConnection(): Promise<Connection> {
    const { bucket, prefix } = this.#options;
    const sdk = await loadS3Sdk();
    const client = newS3Client(sdk, this.#options);
    return { sdk, client, sweep: new S3Sweep({ sdk, client, bucket, prefix }) };
  }

  #newKey(fileId: string): string {
    return objectKey(this.#options.prefix, fileId, this.#options.clock.nowMs());
  }

  #objectOf(key: string): { readonly Bucket: string; readonly Key: string } | undefined {
    return isObjectKey(key) ? { Bucket: this.#options.bucket, Key: key } : undefined;
  }
}

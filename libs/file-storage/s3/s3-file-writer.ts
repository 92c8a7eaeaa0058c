import type { S3Client } from '@aws-sdk/client-s3';
import type { FileWriter } from '../file-storage';
import { FILE_ID_METADATA } from './object-key';
import { s3Fault } from './s3-fault';
import type { S3Sdk } from './s3-sdk';
import { UploadBody } from './upload-body';

export interface S3FileWriterParts {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly fileId: string;
  readonly partBytes: number;
}

/** The reason that an upload ends with when it is broken off, so that what was sent of it is removed. */
const ABORTED = 'the upload was aborted';

/** One part on its way while the next gathers; a content of one part is stored with a single request. */
export class S3FileWriter implements FileWriter {
  readonly #parts: S3FileWriterParts;
  readonly #body = new UploadBody();
  /** Of the upload and the removal of its parts if it failed; never rejects. */
  readonly #settled: Promise<void>;
  #fault: Error | undefined;
  #state: 'writing' | 'completing' | 'complete' | 'kept' | 'left' = 'writing';
  #removal: Promise<void> | undefined;

  constructor(parts: S3FileWriterParts) {
    this.#parts = parts;
    this.#settled = this.#upload();
  }

  async write(chunk: Buffer): Promise<void> {
    this.#require('writing');
    await this.#body.put(chunk);
    // Nobody reads it any more: the reason is known when the upload has cleaned up after itself.
    if (this.#body.destroyed) await this.#settled;
    if (this.#fault !== undefined) throw this.#fault;
  }

  async complete(): Promise<string> {
    this.#require('writing');
    this.#state = 'completing';
    this.#body.end();
    await this.#settled;
    // An answer that was lost may have been a success.
    if (this.#fault !== undefined) await this.abort();
    if (this.#fault !== undefined) throw this.#fault;
    this.#require('completing');
    this.#state = 'complete';
    return this.#parts.key;
  }

  async keep(): Promise<void> {
    this.#require('complete');
    this.#state = 'kept';
  }

  /** The sweep asks for any object whose storing is long enough ago, whoever wrote it. */
  async leave(): Promise<void> {
    this.#require('complete');
    this.#state = 'left';
  }

  async abort(): Promise<void> {
    if (this.#state === 'kept' || this.#state === 'left') return;
    this.#removal ??= this.#remove();
    await this.#removal;
  }

  async #upload(): Promise<void> {
    const { sdk, client, bucket, key, fileId, partBytes } = this.#parts;
    const params = {
      Bucket: bucket,
      Key: key,
      Body: this.#body,
      // What it really is stands in its record; from the bucket itself it is only ever served inert.
      ContentType: 'application/octet-stream',
      Metadata: { [FILE_ID_METADATA]: fileId },
    };
    const upload = new sdk.libStorage.Upload({ client, params, queueSize: 1, partSize: partBytes });
    try {
      await upload.done();
    } catch (error) {
      this.#fault ??= s3Fault('writing an object', error);
      this.#body.destroy();
    }
  }

  async #remove(): Promise<void> {
    const whole = this.#state !== 'writing';
    this.#fault ??= new Error(ABORTED);
    // Not the upload's own abort(), which does not wait for its parts to be removed.
    this.#body.destroy(this.#fault);
    await this.#settled;
    if (!whole) return;
    const { sdk, client, bucket, key } = this.#parts;
    await client.send(new sdk.s3.DeleteObjectCommand({ Bucket: bucket, Key: key })).catch(() => undefined);
  }

  #require(state: 'writing' | 'completing' | 'complete'): void {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#state !== state) throw new Error(`the content is ${this.#state}, not ${state}`);
  }
}

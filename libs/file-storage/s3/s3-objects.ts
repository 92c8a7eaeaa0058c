import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { S3Client } from '@aws-sdk/client-s3';
import { FileGoneError } from '../file-storage';
import { isMissing, s3Fault } from './s3-fault';
import type { S3StorageOptions } from './s3-options';
import { type S3Sdk, loadS3Sdk, newS3Client } from './s3-sdk';

interface Connection {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
}

/** Small objects of a bucket, and anything else that is asked of it. Errors are ours, without what the SDK puts in them. */
export class S3Objects {
  readonly #options: S3StorageOptions;
  #connection: Promise<Connection> | undefined;

  constructor(options: S3StorageOptions) {
    this.#options = options;
  }

  get bucket(): string {
    return this.#options.bucket;
  }

  async open(): Promise<void> {
    await this.#connect();
  }

  async put(key: string, body: Buffer, metadata: Record<string, string> = {}): Promise<void> {
    await this.attempt('writing an object', ({ sdk, client }) =>
      client.send(new sdk.s3.PutObjectCommand({ ...this.name(key), Body: body, Metadata: metadata })),
    );
  }

  async get(
    key: string,
  ): Promise<{ readonly body: Buffer; readonly metadata: Readonly<Record<string, string>> } | undefined> {
    return this.attempt('reading an object', async ({ sdk, client }) => {
      const answer = await client.send(new sdk.s3.GetObjectCommand(this.name(key))).catch(unlessGone);
      if (!(answer?.Body instanceof Readable)) return undefined;
      return { body: await buffer(answer.Body), metadata: answer.Metadata ?? {} };
    });
  }

  /** @returns when it was stored, and how long it is; `undefined` when there is none */
  async look(key: string): Promise<{ readonly modifiedMs: number; readonly size: number } | undefined> {
    const head = await this.attempt('reading an object', ({ sdk, client }) =>
      client.send(new sdk.s3.HeadObjectCommand(this.name(key))).catch(unlessGone),
    );
    if (head === undefined) return undefined;
    return { modifiedMs: head.LastModified?.getTime() ?? 0, size: head.ContentLength ?? 0 };
  }

  async delete(key: string): Promise<void> {
    await this.attempt('removing an object', ({ sdk, client }) =>
      client.send(new sdk.s3.DeleteObjectCommand(this.name(key))).catch(unlessGone),
    );
  }

  async attempt<T>(doing: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#connect());
    } catch (error) {
      throw error instanceof FileGoneError ? error : s3Fault(doing, error);
    }
  }

  async #connect(): Promise<Connection> {
    this.#connection ??= loadS3Sdk().then((sdk) => ({ sdk, client: newS3Client(sdk, this.#options) }));
    return this.#connection;
  }

  name(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#options.bucket, Key: key };
  }
}

/** For a request that may find nothing. */
export function unlessGone(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

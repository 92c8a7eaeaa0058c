import type { ListMultipartUploadsCommandOutput, MultipartUpload, S3Client } from '@aws-sdk/client-s3';
import type { FindExisting, SweepReport } from '../file-storage';
import { DEAD_AFTER_MS, SWEPT_DAYS, SWEPT_PAGES, UNNAMED_FOR_MS } from './limits';
import { FILE_ID_METADATA, beforeDays, fileIdOf, partialKey } from './object-key';
import { isMissing, s3Answer, s3Fault } from './s3-fault';
import { unlessGone } from './s3-objects';
import type { S3Sdk } from './s3-sdk';

export interface S3SweepParts {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
}

/** Removes from a bucket what processes that died have left. A sweep that has read enough goes on with the next. */
export class S3Sweep {
  readonly #parts: S3SweepParts;
  /** Where the next sweep goes on; absent: from the start. */
  #afterObject: string | undefined;
  #afterUpload: { readonly key: string; readonly uploadId: string | undefined } | undefined;

  constructor(parts: S3SweepParts) {
    this.#parts = parts;
  }

  async run(nowMs: number, findExisting: FindExisting): Promise<SweepReport> {
    const abandoned = await this.#abortDead(nowMs);
    const orphaned = await this.#removeUnnamed(nowMs, findExisting);
    return { abandoned, orphaned };
  }

  async #removeUnnamed(nowMs: number, findExisting: FindExisting): Promise<number> {
    const { sdk, client, bucket, prefix } = this.#parts;
    let after = this.#afterObject ?? beforeDays(prefix, nowMs, SWEPT_DAYS);
    let removed = 0;
    for (let page = 0; page < SWEPT_PAGES; page += 1) {
      const list = new sdk.s3.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: after });
      const { Contents = [], IsTruncated } = await attempt('listing objects', client.send(list));
      const unnamed = new Map<string, string>();
      for (const { Key, LastModified } of Contents) {
        const fileId = Key === undefined ? undefined : fileIdOf(prefix, Key);
        if (Key === undefined || fileId === undefined || LastModified === undefined) continue;
        if (nowMs - LastModified.getTime() >= UNNAMED_FOR_MS) unnamed.set(fileId, Key);
      }
      const existing = unnamed.size === 0 ? new Set() : await findExisting([...unnamed.keys()]);
      for (const [fileId, key] of unnamed) if (!existing.has(fileId) && (await this.#remove(key, fileId))) removed += 1;

      const last = Contents.at(-1)?.Key;
      this.#afterObject = IsTruncated === true ? last : undefined;
      if (this.#afterObject === undefined) break;
      after = this.#afterObject;
    }
    return removed;
  }

  /** Nothing that others keep in the same bucket, however much its key looks like ours. */
  async #remove(key: string, fileId: string): Promise<boolean> {
    const { sdk, client, bucket } = this.#parts;
    const object = { Bucket: bucket, Key: key };
    try {
      const { Metadata } = await client.send(new sdk.s3.HeadObjectCommand(object));
      if (Metadata?.[FILE_ID_METADATA] !== fileId || (await this.#isResumable(fileId))) return false;
      await client.send(new sdk.s3.DeleteObjectCommand(object));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw s3Fault('removing an object', error);
    }
  }

  /** Whole, but not yet named: its client may ask again for as long as its upload is described. */
  async #isResumable(fileId: string): Promise<boolean> {
    const { sdk, client, bucket, prefix } = this.#parts;
    const description = { Bucket: bucket, Key: partialKey(prefix, fileId, 'json') };
    return (await client.send(new sdk.s3.HeadObjectCommand(description)).catch(unlessGone)) !== undefined;
  }

  async #abortDead(nowMs: number): Promise<number> {
    const { sdk, client, bucket, prefix } = this.#parts;
    let aborted = 0;
    for (let page = 0; page < SWEPT_PAGES; page += 1) {
      const list = new sdk.s3.ListMultipartUploadsCommand({
        Bucket: bucket,
        Prefix: prefix,
        KeyMarker: this.#afterUpload?.key,
        UploadIdMarker: this.#afterUpload?.uploadId,
      });
      const answer = await client.send(list).catch((error: unknown): Partial<ListMultipartUploadsCommandOutput> => {
        // Some servers have no such list, and tidy up by themselves.
        if (s3Answer(error).name === 'NotImplemented') return {};
        throw s3Fault('listing uploads in parts', error);
      });
      for (const upload of answer.Uploads ?? []) if (await this.#abort(upload, nowMs)) aborted += 1;
      const { IsTruncated, NextKeyMarker: key, NextUploadIdMarker: uploadId } = answer;
      this.#afterUpload = IsTruncated === true && key !== undefined ? { key, uploadId } : undefined;
      if (this.#afterUpload === undefined) break;
    }
    return aborted;
  }

  async #abort({ Key, UploadId, Initiated }: MultipartUpload, nowMs: number): Promise<boolean> {
    const { sdk, client, bucket, prefix } = this.#parts;
    if (Key === undefined || UploadId === undefined || fileIdOf(prefix, Key) === undefined) return false;
    if (Initiated === undefined || nowMs - Initiated.getTime() < DEAD_AFTER_MS) return false;
    const upload = { Bucket: bucket, Key, UploadId };
    try {
      // A slow sender, or one that comes back, may have begun long ago.
      if (nowMs - (await this.#lastPartMs(upload)) < DEAD_AFTER_MS) return false;
      await client.send(new sdk.s3.AbortMultipartUploadCommand(upload));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw s3Fault('aborting an upload in parts', error);
    }
  }

  async #lastPartMs(upload: { Bucket: string; Key: string; UploadId: string }): Promise<number> {
    const { sdk, client } = this.#parts;
    let last = 0;
    let marker: string | undefined;
    do {
      const list = new sdk.s3.ListPartsCommand({ ...upload, PartNumberMarker: marker });
      const { Parts = [], IsTruncated, NextPartNumberMarker } = await client.send(list);
      for (const { LastModified } of Parts) last = Math.max(last, LastModified?.getTime() ?? 0);
      marker = IsTruncated === true ? NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return last;
  }
}

async function attempt<T>(doing: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw s3Fault(doing, error);
  }
}

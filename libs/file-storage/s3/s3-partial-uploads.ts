import { Readable } from 'node:stream';
import { requireFileId } from '../file-id';
import { FileGoneError, type FindExisting } from '../file-storage';
import { type PartialUpload, PartialUploads } from '../partial-uploads';
import { minPartBytesFor, partBytesFor } from './limits';
import { FILE_ID_METADATA, objectKey, partialKey } from './object-key';
import { partsOf } from './parts-of';
import { S3Objects, unlessGone } from './s3-objects';
import type { S3StorageOptions } from './s3-options';
import { S3PartialSweep } from './s3-partial-sweep';

/** Of a tail: at which byte of the content it begins. */
const START_METADATA = 'tollgate-start';

interface Description {
  readonly size: number;
  readonly note: string;
  /** Of the content that it will be. */
  readonly key: string;
  readonly uploadId: string;
}

interface Part {
  readonly PartNumber: number;
  readonly ETag: string;
  readonly Size: number;
}

/**
 * Resumable uploads as uploads in parts, at the keys of the contents that they will be. Below `partial/` each has a
 * description, and an object for its last bytes while these are too few for a part.
 */
export class S3PartialUploads extends PartialUploads {
  readonly #options: S3StorageOptions;
  readonly #objects: S3Objects;
  readonly #sweep: S3PartialSweep;

  constructor(options: S3StorageOptions) {
    super();
    this.#options = options;
    this.#objects = new S3Objects(options);
    this.#sweep = new S3PartialSweep(this.#objects, options.prefix);
  }

  override async open(): Promise<void> {
    await this.#objects.open();
  }

  override async create(fileId: string, size: number, note: string): Promise<void> {
    requireFileId(fileId);
    const { prefix, clock } = this.#options;
    const key = objectKey(prefix, fileId, clock.nowMs());
    const uploadId = await this.#objects.attempt('beginning a resumable upload', async ({ sdk, client }) => {
      const Metadata = { [FILE_ID_METADATA]: fileId };
      const begin = new sdk.s3.CreateMultipartUploadCommand({ ...this.#objects.name(key), Metadata });
      const { UploadId } = await client.send(begin);
      if (UploadId === undefined) throw new Error('the answer has no upload id');
      return UploadId;
    });
    const description: Description = { size, note, key, uploadId };
    try {
      await this.#describeAs(fileId, description);
    } catch (error) {
      // Without a description nobody finds it any more; one whose answer was lost may be there.
      await this.#abort(description).catch(() => undefined);
      await this.#objects.delete(this.#besideKey(fileId, 'json')).catch(() => undefined);
      throw error;
    }
  }

  override async find(fileId: string): Promise<PartialUpload | undefined> {
    const description = await this.#describe(fileId);
    if (description === undefined) return undefined;
    const { size, note } = description;
    const parts = await this.#look(description);
    if (parts === 'whole') return { size, note, offset: size };
    if (parts === 'gone') return undefined;
    const tail = await this.#getTail(fileId, bytesOf(parts));
    return { size, note, offset: bytesOf(parts) + tail.length };
  }

  override async write(fileId: string, offset: number, chunks: AsyncIterable<Buffer>): Promise<number> {
    const description = await this.#describe(fileId);
    const parts = description === undefined ? 'gone' : await this.#look(description);
    if (description === undefined || typeof parts === 'string')
      throw new FileGoneError('there is no such partial upload');
    const tailKey = this.#besideKey(fileId, 'tail');
    const tail = await this.#getTail(fileId, bytesOf(parts));
    if (bytesOf(parts) + tail.length !== offset) throw new Error('a partial upload is not at this offset');
    const minPartBytes = minPartBytesFor(description.size);
    let position = bytesOf(parts);
    let end = offset;
    let number = (parts.at(-1)?.PartNumber ?? 0) + 1;
    for await (const part of partsOf(tail, chunks, partBytesFor(description.size))) {
      const start = position;
      position += part.length;
      // A tail is overwritten or removed only when its bytes are somewhere else.
      if (part.length >= minPartBytes || position === description.size) {
        await this.#putPart(description, number, part);
        await this.#objects.delete(tailKey);
      } else await this.#objects.put(tailKey, part, { [START_METADATA]: String(start) });
      number += 1;
      end = position;
    }
    return end;
  }

  override async read(fileId: string, start: number): Promise<Readable> {
    const description = await this.#describe(fileId);
    if (description === undefined) throw new FileGoneError('there is no such partial upload');
    const parts = await this.#look(description);
    if (parts === 'gone') throw new FileGoneError('there is no such partial upload');
    if (parts === 'whole' || bytesOf(parts) === description.size) {
      if (parts !== 'whole') await this.#complete(description, parts);
      return this.#objects.attempt('reading an object', async ({ sdk, client }) => {
        const object = { ...this.#objects.name(description.key), Range: `bytes=${String(start)}-` };
        const { Body } = await client.send(new sdk.s3.GetObjectCommand(object));
        if (!(Body instanceof Readable)) throw new Error('the answer has no body');
        return Body;
      });
    }
    // Of parts nothing can be read before they are one object.
    if (parts.length > 0) throw new FileGoneError('the partial upload can not be read yet');
    return Readable.from([(await this.#getTail(fileId, 0)).subarray(start)]);
  }

  override async adopt(fileId: string): Promise<string> {
    const description = await this.#describe(fileId);
    if (description === undefined) throw new FileGoneError('there is no such partial upload');
    const parts = await this.#look(description);
    if (parts === 'gone') throw new FileGoneError('there is no such partial upload');
    if (parts !== 'whole') await this.#complete(description, parts);
    return description.key;
  }

  override async keep(fileId: string): Promise<void> {
    await this.#objects.delete(this.#besideKey(fileId, 'json')).catch(() => undefined);
  }

  override async remove(fileId: string): Promise<void> {
    const description = await this.#describe(fileId);
    if (description !== undefined) {
      await this.#abort(description);
      await this.#objects.delete(description.key);
    }
    await this.#forget(fileId);
  }

  override async touch(fileId: string): Promise<void> {
    const description = await this.#describe(fileId);
    if (description === undefined) return;
    await this.#describeAs(fileId, description);
  }

  override async sweep(before: Date, findExisting: FindExisting): Promise<number> {
    return this.#sweep.run(before, async (fileId) => {
      if ((await this.#lastActivity(fileId)) >= before.getTime()) return false;
      const wasThere = (await this.#describe(fileId)) !== undefined;
      if ((await findExisting([fileId])).has(fileId)) {
        await this.#forget(fileId);
        return false;
      }
      await this.remove(fileId);
      return wasThere;
    });
  }

  /** Removes what stands beside the content. */
  async #forget(fileId: string): Promise<void> {
    await this.#objects.delete(this.#besideKey(fileId, 'tail'));
    await this.#objects.delete(this.#besideKey(fileId, 'json'));
  }

  async #abort({ key, uploadId }: Description): Promise<void> {
    await this.#objects.attempt('aborting an upload', async ({ sdk, client }) => {
      const upload = { ...this.#objects.name(key), UploadId: uploadId };
      await client.send(new sdk.s3.AbortMultipartUploadCommand(upload)).catch(unlessGone);
    });
  }

  async #complete({ key, uploadId }: Description, parts: readonly Part[]): Promise<void> {
    await this.#objects.attempt('completing an upload', ({ sdk, client }) => {
      const MultipartUpload = { Parts: parts.map(({ ETag, PartNumber }) => ({ ETag, PartNumber })) };
      const upload = { ...this.#objects.name(key), UploadId: uploadId, MultipartUpload };
      return client.send(new sdk.s3.CompleteMultipartUploadCommand(upload));
    });
  }

  /** When it had its last piece, or was last asked for; 0 when there is nothing of it. */
  async #lastActivity(fileId: string): Promise<number> {
    const description = await this.#describe(fileId);
    const parts = (description === undefined ? undefined : await this.#listParts(description)) ?? [];
    const tail = await this.#objects.look(this.#besideKey(fileId, 'tail'));
    const beside = await this.#objects.look(this.#besideKey(fileId, 'json'));
    const times = parts.map(({ LastModified }) => LastModified?.getTime() ?? 0);
    return Math.max(0, ...times, tail?.modifiedMs ?? 0, beside?.modifiedMs ?? 0);
  }

  /** Its parts, while it has not become one object. Some servers list an upload that was completed as one without parts. */
  async #look(description: Description): Promise<readonly Part[] | 'whole' | 'gone'> {
    const parts = await this.#listParts(description);
    if (parts !== undefined && parts.length > 0) return parts;
    return (await this.#isWhole(description)) ? 'whole' : (parts ?? 'gone');
  }

  /** @returns `undefined` when there is no upload in parts */
  async #listParts({
    key,
    uploadId,
  }: Description): Promise<readonly (Part & { readonly LastModified?: Date })[] | undefined> {
    return this.#objects.attempt('listing parts', async ({ sdk, client }) => {
      const found: (Part & { LastModified?: Date })[] = [];
      let marker: string | undefined;
      do {
        const list = { ...this.#objects.name(key), UploadId: uploadId, PartNumberMarker: marker };
        const page = await client.send(new sdk.s3.ListPartsCommand(list)).catch(unlessGone);
        if (page === undefined) return undefined;
        for (const { PartNumber = 0, ETag = '', Size = 0, LastModified } of page.Parts ?? []) {
          found.push({ PartNumber, ETag, Size, ...(LastModified !== undefined && { LastModified }) });
        }
        marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
      } while (marker !== undefined);
      return found;
    });
  }

  async #isWhole({ key, size }: Description): Promise<boolean> {
    return (await this.#objects.look(key))?.size === size;
  }

  async #describe(fileId: string): Promise<Description | undefined> {
    const found = await this.#objects.get(this.#besideKey(fileId, 'json'));
    return found === undefined ? undefined : (JSON.parse(found.body.toString()) as Description);
  }

  async #describeAs(fileId: string, description: Description): Promise<void> {
    await this.#objects.put(this.#besideKey(fileId, 'json'), Buffer.from(JSON.stringify(description)));
  }

  async #putPart({ key, uploadId }: Description, number: number, body: Buffer): Promise<void> {
    await this.#objects.attempt('writing a part', ({ sdk, client }) =>
      client.send(
        new sdk.s3.UploadPartCommand({
          ...this.#objects.name(key),
          UploadId: uploadId,
          PartNumber: number,
          Body: body,
        }),
      ),
    );
  }

  /** Bytes that follow the parts; one that a failure has left from before the last part counts no more. */
  async #getTail(fileId: string, start: number): Promise<Buffer> {
    const found = await this.#objects.get(this.#besideKey(fileId, 'tail'));
    return found?.metadata[START_METADATA] === String(start) ? found.body : Buffer.alloc(0);
  }

  #besideKey(fileId: string, kind: 'json' | 'tail'): string {
    requireFileId(fileId);
    return partialKey(this.#options.prefix, fileId, kind);
  }
}

function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((total, { Size }) => total + Size, 0);
}

import { DataStore, Upload } from '@tus/utils';
import type { UploadNote } from './upload-note';

/** What is known of an upload that is not a file yet. */
export interface TusProgress {
  readonly size: number;
  readonly offset: number;
  readonly metadata: UploadNote['metadata'];
}

/** What one request may do to one upload. */
export interface TusUpload {
  readonly id: string;
  /** Absent for one that was created before. */
  create?(size: number, metadata: UploadNote['metadata']): Promise<void>;
  /** Makes a file of an upload that is whole. */
  look(): Promise<TusProgress>;
  /** Adds the body of the request. @returns the new offset */
  write(offset: number): Promise<number>;
  remove(): Promise<void>;
}

/** For a request that concerns no upload. */
export const NO_UPLOAD: TusUpload = { id: '', look: noUpload, write: noUpload, remove: noUpload };

/**
 * One upload in the form that `@tus/server` knows, for the one request that it is made for. Bodies do not go through that
 * server, which would have them as web streams: each end and each breaking off has to be known for what it is.
 */
export class TusStore extends DataStore {
  override extensions = ['creation', 'creation-with-upload', 'termination', 'expiration'];

  /** @param expiresInMs of the upload, if nothing more is heard of it */
  constructor(
    private readonly upload: TusUpload,
    private readonly expiresInMs: number,
  ) {
    super();
  }

  override async create(upload: Upload): Promise<Upload> {
    if (upload.size === undefined) throw new Error('an upload of unknown size was begun');
    if (this.upload.create === undefined) throw new Error('this request begins no upload');
    await this.upload.create(upload.size, upload.metadata ?? {});
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    const { size, offset, metadata } = await this.upload.look();
    const isNamed = Object.keys(metadata).length > 0;
    // It expires so long after it was last asked for: the server adds that to when it was created.
    return new Upload({ id, size, offset, ...(isNamed ? { metadata: { ...metadata } } : {}) });
  }

  override async write(_stream: unknown, _id: string, offset: number): Promise<number> {
    return this.upload.write(offset);
  }

  override async remove(): Promise<void> {
    await this.upload.remove();
  }

  override getExpiration(): number {
    return this.expiresInMs;
  }
}

function noUpload(): never {
  throw new Error('there is no upload to this request');
}

import { DataStore, Upload } from '@tus/utils';
import type { UploadNote } from './upload-note';

/** What one request may do to one upload. */
export interface TusUpload {
  create(size: number, metadata: UploadNote['metadata']): Promise<void>;
  /** Makes a file of an upload that is whole. */
  look(): Promise<{ readonly size: number; readonly offset: number; readonly metadata: UploadNote['metadata'] }>;
  /** Adds the body of the request. @returns the new offset */
  write(offset: number): Promise<number>;
  remove(): Promise<void>;
}

/**
 * One upload in the form that `@tus/server` knows, for the one request that it is made for. Bodies do not go through that
 * server, which would have them as web streams: each end and each breaking off has to be known for what it is.
 */
export class TusStore extends DataStore {
  override extensions = ['creation', 'creation-with-upload', 'termination', 'expiration'];

  constructor(
    private readonly upload: TusUpload,
    private readonly windowMs: number,
  ) {
    super();
  }

  override async create(upload: Upload): Promise<Upload> {
    if (upload.size === undefined) throw new Error('an upload of unknown size was begun');
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
    return this.windowMs;
  }
}

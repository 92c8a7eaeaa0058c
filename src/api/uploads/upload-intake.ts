import { createHash } from 'node:crypto';
import { type FileStorage, StorageFullError } from '@tollgate/file-storage';
import { type DetectedType, TYPE_BYTES, detectType } from './content-type';
import { UploadError } from './upload-error';
import { storageFull, tooLarge, unsupportedType } from './upload-refusals';

export interface IntakeRules {
  /** Of the file that will be. */
  readonly fileId: string;
  /** Largest content, in bytes. */
  readonly maxBytes: number;
  /** @param type in lower case, without parameters */
  readonly allowsType: (type: string) => boolean;
}

/** A content that has been taken in whole. */
export interface TakenContent {
  readonly size: number;
  readonly type: DetectedType;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/**
 * Takes one content into the storage as it comes: nothing is written before its type is known and allowed, nothing past its
 * limit. What it throws ends it; {@link abort} then removes whatever was written.
 */
export class UploadIntake {
  private readonly hash = createHash('sha256');
  private head: Buffer[] = [];
  private size = 0;
  private type: DetectedType | undefined;
  private writer: Awaited<ReturnType<FileStorage['create']>> | undefined;
  private writing = false;

  constructor(
    private readonly storage: FileStorage,
    private readonly rules: IntakeRules,
  ) {}

  /** Whether the storage has not yet taken what it was given. */
  get isBusy(): boolean {
    return this.writing;
  }

  /** @throws UploadError FILE_TOO_LARGE, UNSUPPORTED_FILE_TYPE, STORAGE_FULL */
  async write(chunk: Buffer): Promise<void> {
    this.size += chunk.length;
    if (this.size > this.rules.maxBytes) throw tooLarge(this.rules.maxBytes);
    this.hash.update(chunk);
    if (this.writer !== undefined) {
      await this.store(this.writer.write(chunk));
      return;
    }
    this.head.push(chunk);
    if (this.size >= TYPE_BYTES) await this.begin();
  }

  /**
   * After the last byte.
   * @throws UploadError EMPTY_FILE, UNSUPPORTED_FILE_TYPE, STORAGE_FULL
   */
  async end(): Promise<TakenContent> {
    if (this.size === 0) throw new UploadError('EMPTY_FILE', 'the file is empty');
    if (this.writer === undefined) await this.begin();
    if (this.type === undefined) throw new Error('a content was begun without a type');
    return { size: this.size, type: this.type, sha256: this.hash.digest('hex') };
  }

  /** Brings it to stable storage. @returns the key to read it by @throws UploadError STORAGE_FULL */
  async complete(): Promise<string> {
    if (this.writer === undefined) throw new Error('there is no content to complete');
    return this.store(this.writer.complete());
  }

  /** See `FileWriter`. */
  async keep(): Promise<void> {
    await this.writer?.keep();
  }

  /** See `FileWriter`. */
  async abort(): Promise<void> {
    await this.writer?.abort();
  }

  /** See `FileWriter`. */
  async leave(): Promise<void> {
    await this.writer?.leave();
  }

  private async begin(): Promise<void> {
    const head = Buffer.concat(this.head);
    this.head = [];
    this.type = await this.detect(head);
    this.writer = await this.store(this.storage.create(this.rules.fileId));
    await this.store(this.writer.write(head));
  }

  private async detect(head: Buffer): Promise<DetectedType> {
    const type = await detectType(head.subarray(0, TYPE_BYTES));
    if (type !== undefined && this.rules.allowsType(type.type)) return type;
    throw unsupportedType(type?.type);
  }

  private async store<T>(work: Promise<T>): Promise<T> {
    this.writing = true;
    try {
      return await work;
    } catch (error) {
      throw error instanceof StorageFullError ? storageFull() : error;
    } finally {
      this.writing = false;
    }
  }
}

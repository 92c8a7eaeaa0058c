import type { Readable } from 'node:stream';

/** A part of a file, both ends included, counted from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The storage has no room; nothing is wrong with it otherwise. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';
}

/** There is no content under this key, though there was. */
export class FileGoneError extends Error {
  override readonly name = 'FileGoneError';
}

/** What one sweep removed. */
export interface SweepReport {
  /** Beginnings of files that nobody writes any more. */
  readonly abandoned: number;
  /** Complete contents that no record names. */
  readonly orphaned: number;
}

/** Asked by a sweep: which of these files have a record. */
export type FindExisting = (fileIds: readonly string[]) => Promise<ReadonlySet<string>>;

/**
 * One content on its way into the storage. Until it is {@link complete} nothing can be read; one that is never
 * {@link keep}t or {@link abort}ed, because its process died or has {@link leave|left} it, is dealt with by the sweep.
 */
export interface FileWriter {
  /**
   * Takes the next bytes; the next call only after this one has resolved.
   * @throws StorageFullError
   */
  write(chunk: Buffer): Promise<void>;

  /**
   * Brings everything to stable storage, complete and readable.
   * @returns the key to read it by
   * @throws StorageFullError
   */
  complete(): Promise<string>;

  /** To be called when a record names the content: it stays from now on. */
  keep(): Promise<void>;

  /**
   * To be called instead of {@link keep} when it is not known whether a record names the content: it stays readable, is
   * nobody's from now on, and a later sweep keeps or removes it as the records say then. {@link abort} does nothing any more.
   * @throws Error when it is not complete
   */
  leave(): Promise<void>;

  /**
   * Removes whatever there is of it; may be called at any time before {@link keep} or {@link leave}, and more than once.
   * Never throws.
   */
  abort(): Promise<void>;
}

/**
 * Where the contents of uploads are, by the ids of their files. It knows nothing of records: a content is anybody's business
 * only when a record names it.
 */
export abstract class FileStorage {
  /**
   * Makes sure that the storage can be written; to be called once at the start.
   * @throws Error with a text for people that names the folder or the bucket
   */
  abstract open(): Promise<void>;

  /**
   * Begins a content.
   * @param fileId of the file that it will be; `[A-Za-z0-9_]`
   * @throws StorageFullError
   */
  abstract create(fileId: string): Promise<FileWriter>;

  /**
   * @param range within the content; absent: all of it
   * @throws FileGoneError
   */
  abstract read(key: string, range?: ByteRange): Promise<Readable>;

  /** Removes a content; nothing happens where there is none. */
  abstract remove(key: string): Promise<void>;

  /** Bytes that may still be written; `undefined` where the storage has no bound. */
  abstract freeBytes(): Promise<number | undefined>;

  /**
   * Removes what processes that died have left: beginnings of contents, and complete ones that no record names. Never
   * touches what a living process is writing. Safe to run in several processes at once.
   */
  abstract sweep(findExisting: FindExisting): Promise<SweepReport>;
}

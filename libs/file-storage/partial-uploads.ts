import type { Readable } from 'node:stream';
import type { FindExisting } from './file-storage';

/** What there is of a resumable upload. */
export interface PartialUpload {
  /** Whole, in bytes. */
  readonly size: number;
  /** Bytes that are safely there. */
  readonly offset: number;
  /** As its creator gave it. */
  readonly note: string;
}

/**
 * Contents that come in pieces, over hours, through whichever process gets the next one. Each becomes a content of the
 * `FileStorage` beside it when it is whole. Of one content, one piece is written at a time: the caller sees to that.
 */
export abstract class PartialUploads {
  /** To be called once at the start, after the storage's own. @throws Error with a text for people */
  abstract open(): Promise<void>;

  /**
   * @param fileId of the file that it will be; `[A-Za-z0-9_]`
   * @param size of the whole, in bytes
   * @param note kept with it; nobody else's business
   * @throws StorageFullError
   */
  abstract create(fileId: string, size: number, note: string): Promise<void>;

  /** Changes nothing, so that it may be asked by whoever has no turn. */
  abstract find(fileId: string): Promise<PartialUpload | undefined>;

  /**
   * Adds to it. What came before `chunks` failed is kept.
   * @param offset as {@link find} says
   * @returns the new offset, all of it on stable storage
   * @throws StorageFullError; whatever `chunks` throws
   */
  abstract write(fileId: string, offset: number, chunks: AsyncIterable<Buffer>): Promise<number>;

  /**
   * What is there, from a byte on.
   * @throws FileGoneError when there is nothing, or not in a form that can be read yet
   */
  abstract read(fileId: string, start: number): Promise<Readable>;

  /**
   * Makes a whole one a content of the storage; until a record names it, it can still be found here. May be repeated.
   * @returns the key to read it by
   */
  abstract adopt(fileId: string): Promise<string>;

  /** To be called when a record names the content: nothing of it is left here. Never throws. */
  abstract keep(fileId: string, key: string): Promise<void>;

  /** Removes whatever there is of it, adopted or not. Never after a record has named it. */
  abstract remove(fileId: string): Promise<void>;

  /** Says to the sweep that somebody still wants it. */
  abstract touch(fileId: string): Promise<void>;

  /**
   * Removes those that had their last piece before then, or their last {@link touch}. Of one that is a file by now, because
   * its process died before it could {@link keep} it, the content stays. Safe to run in several processes at once.
   * @param findExisting asked for each right before it is removed
   * @returns how many were removed
   */
  abstract sweep(before: Date, findExisting: FindExisting): Promise<number>;
}

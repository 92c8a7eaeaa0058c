import { type FileHandle, open, statfs, unlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { type Clock, randomHex } from '@tollgate/domain';
import { requireFileId } from '../file-id';
import { type ByteRange, FileGoneError, FileStorage, type FindExisting, type SweepReport } from '../file-storage';
import type { OutputFile } from './batched-output';
import { diskFault, errnoOf, unlessMissing } from './disk-fault';
import { MAX_SYNCS, TOUCH_EVERY_MS } from './limits';
import { LocalFileWriter } from './local-file-writer';
import { LocalSweep } from './local-sweep';
import { prepareFolder } from './prepare-folder';
import { ownProcess } from './process-owner';
import { SyncSlots } from './sync-slots';
import { FILE_MODE, UploadFolder, newEntry, parseEntry } from './upload-folder';

/** Bytes that a reader is ahead of whom it serves. */
const READ_AHEAD_BYTES = 262_144;

export interface LocalStorageOptions {
  /** Absolute. Made when it is not there; on one file system as a whole. Processes may share it, also over a network. */
  readonly path: string;
  readonly clock: Clock;
  /** For tests: opens a file that must not exist yet. Default: the file system's. */
  readonly openFile?: (path: string) => Promise<OutputFile>;
}

/**
 * Contents in a folder: written in `.tmp`, complete in `.ready`, and from then on that a record names them at a place by
 * the hash of their id. A key stays the same through the move.
 */
export class LocalFileStorage extends FileStorage {
  readonly #folder: UploadFolder;
  readonly #clock: Clock;
  readonly #openFile: (path: string) => Promise<OutputFile>;
  readonly #self = ownProcess();
  readonly #slots = new SyncSlots(MAX_SYNCS);
  /** By the names of their entries. */
  readonly #open = new Map<string, LocalFileWriter>();
  #touching: NodeJS.Timeout | undefined;

  constructor({ path, clock, openFile = openNew }: LocalStorageOptions) {
    super();
    this.#folder = new UploadFolder(path);
    this.#clock = clock;
    this.#openFile = openFile;
  }

  override async open(): Promise<void> {
    await prepareFolder(this.#folder, newEntry(`probe_${randomHex(8)}`, this.#self));
  }

  override async create(fileId: string): Promise<LocalFileWriter> {
    requireFileId(fileId);
    const entry = newEntry(fileId, this.#self);
    const file = await this.#openFile(this.#folder.unfinishedPath(entry)).catch((error: unknown) => {
      throw diskFault(error);
    });
    const onEnd = (): void => {
      this.#open.delete(entry.name);
      if (this.#open.size === 0) clearInterval(this.#touching);
    };
    const writer = new LocalFileWriter({ file, folder: this.#folder, entry, slots: this.#slots, onEnd });
    if (this.#open.size === 0) this.#startTouching();
    this.#open.set(entry.name, writer);
    return writer;
  }

  override async read(key: string, range?: ByteRange): Promise<Readable> {
    const handle = await this.#openContent(key);
    return handle.createReadStream({ ...range, highWaterMark: READ_AHEAD_BYTES });
  }

  override async remove(key: string): Promise<void> {
    const entry = parseEntry(key);
    if (entry === undefined) return;
    // In the order of a move, so that one under way does not carry it past us.
    for (const path of [this.#folder.readyPath(entry), this.#folder.finalPath(entry.fileId)]) {
      await unlessMissing(unlink(path));
    }
  }

  override async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#folder.path);
    return bavail * bsize;
  }

  override async sweep(findExisting: FindExisting): Promise<SweepReport> {
    const sweep = new LocalSweep(this.#folder, this.#self, this.#clock.nowMs());
    return sweep.run(findExisting, (name) => this.#open.has(name));
  }

  async #openContent(key: string): Promise<FileHandle> {
    const entry = parseEntry(key);
    if (entry === undefined) throw new FileGoneError('no content has such a key');
    const final = this.#folder.finalPath(entry.fileId);
    // The final place once more at the end: it may have been moved there between the first two looks.
    for (const path of [final, this.#folder.readyPath(entry), final]) {
      try {
        return await open(path, 'r');
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    }
    throw new FileGoneError('the content is not there any more');
  }

  #startTouching(): void {
    this.#touching = setInterval(() => {
      const now = this.#clock.now();
      for (const writer of this.#open.values()) void writer.touch(now);
    }, TOUCH_EVERY_MS).unref();
  }
}

async function openNew(path: string): Promise<OutputFile> {
  return open(path, 'wx', FILE_MODE);
}

import {
  type FileHandle,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  stat,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { requireFileId } from '../file-id';
import { FileGoneError, type FindExisting } from '../file-storage';
import { type PartialUpload, PartialUploads } from '../partial-uploads';
import { BatchedOutput } from './batched-output';
import { diskFault, errnoOf, unlessMissing } from './disk-fault';
import { MAX_SYNCS } from './limits';
import { moveToFinal, syncFolder } from './move-file';
import { ownProcess } from './process-owner';
import { SyncSlots } from './sync-slots';
import {
  DESCRIPTION,
  FILE_MODE,
  FOLDER_MODE,
  type FolderEntry,
  UploadFolder,
  newEntry,
  parseEntry,
} from './upload-folder';

interface Description {
  readonly size: number;
  readonly note: string;
}

/** A content or a description; whatever else is there belongs to no upload. */
const UPLOAD_NAME = /^([A-Za-z0-9_]{1,64})(?:\.json)?$/;

/**
 * Resumable uploads in `.partial` of the folder of uploads: for each what has come of it, and a description beside it. Its
 * locks may be there too; the sweep takes what has been left of those.
 */
export class LocalPartialUploads extends PartialUploads {
  readonly #folder: UploadFolder;
  readonly #self = ownProcess();
  readonly #slots = new SyncSlots(MAX_SYNCS);

  /** @param path as the `LocalFileStorage` beside it has it */
  constructor(path: string) {
    super();
    this.#folder = new UploadFolder(path);
  }

  override async open(): Promise<void> {
    await mkdir(this.#folder.partial, { recursive: true, mode: FOLDER_MODE });
  }

  override async create(fileId: string, size: number, note: string): Promise<void> {
    const description: Description = { size, note };
    try {
      await writeFile(this.#pathOf(fileId), '', { flag: 'wx', mode: FILE_MODE });
      // The description last: without it there is no upload. Under another name until it is whole.
      const draft = this.#pathOf(fileId, '.draft');
      await writeFile(draft, JSON.stringify(description), { mode: FILE_MODE, flush: true });
      await rename(draft, this.#pathOf(fileId, DESCRIPTION));
      await syncFolder(this.#folder.partial);
    } catch (error) {
      await this.remove(fileId);
      throw diskFault(error);
    }
  }

  override async find(fileId: string): Promise<PartialUpload | undefined> {
    const description = await this.#describe(fileId);
    if (description === undefined) return undefined;
    const path = await this.#findContent(fileId);
    const offset = path === undefined ? undefined : await sizeOf(path);
    return offset === undefined ? undefined : { ...description, offset };
  }

  override async write(fileId: string, offset: number, chunks: AsyncIterable<Buffer>): Promise<number> {
    const file = await open(this.#pathOf(fileId), 'r+');
    try {
      const output = new BatchedOutput(writerAt(file, offset), this.#slots);
      let bytes = 0;
      try {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          await output.push(chunk);
        }
      } finally {
        await output.finish();
      }
      return offset + bytes;
    } catch (error) {
      throw diskFault(error);
    } finally {
      await file.close();
    }
  }

  override async read(fileId: string, start: number): Promise<Readable> {
    const path = await this.#findContent(fileId);
    if (path === undefined) throw new FileGoneError('there is no such partial upload');
    return (await open(path, 'r')).createReadStream({ start, highWaterMark: 262_144 });
  }

  override async adopt(fileId: string): Promise<string> {
    const entry = newEntry(fileId, this.#self);
    const path = await this.#findContent(fileId);
    if (path === undefined) throw new FileGoneError('there is no such partial upload');
    // Also one that a process adopted which may be dead by now: the sweep of the storage goes by the name.
    await rename(path, this.#folder.readyPath(entry));
    await syncFolder(this.#folder.ready);
    return entry.name;
  }

  override async keep(fileId: string, key: string): Promise<void> {
    const entry = parseEntry(key);
    // Where the move fails the content stays readable where it is, and a sweep moves it.
    if (entry !== undefined) await moveToFinal(this.#folder, entry).catch(() => undefined);
    await unlink(this.#pathOf(fileId, DESCRIPTION)).catch(() => undefined);
  }

  override async remove(fileId: string): Promise<void> {
    for (const suffix of [DESCRIPTION, '.draft', '']) await unlessMissing(unlink(this.#pathOf(fileId, suffix)));
    const ready = await this.#findReady(fileId);
    if (ready !== undefined) await unlessMissing(unlink(this.#folder.readyPath(ready)));
  }

  override async touch(fileId: string): Promise<void> {
    const now = new Date();
    const paths = [await this.#findContent(fileId), this.#pathOf(fileId, DESCRIPTION)];
    for (const path of paths) if (path !== undefined) await unlessMissing(utimes(path, now, now));
  }

  override async sweep(before: Date, findExisting: FindExisting): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.#folder.partial)) {
      const path = join(this.#folder.partial, name);
      if (await isSince(path, before)) continue;
      const fileId = UPLOAD_NAME.exec(name)?.[1];
      if (fileId === undefined) await unlessMissing(unlink(path));
      else if (await this.#sweepOne(fileId, before, findExisting)) removed += 1;
    }
    return removed;
  }

  /** @returns whether there was a content, and it is gone */
  async #sweepOne(fileId: string, before: Date, findExisting: FindExisting): Promise<boolean> {
    // The content is as old as its last piece, the description as the last request for it; either may be alone.
    const content = await this.#findContent(fileId);
    const description = this.#pathOf(fileId, DESCRIPTION);
    if (content !== undefined && (await isSince(content, before))) return false;
    if (await isSince(description, before)) return false;
    if ((await findExisting([fileId])).has(fileId)) {
      await unlessMissing(unlink(description));
      return false;
    }
    await this.remove(fileId);
    return content !== undefined;
  }

  /** Where what has come of it is: among complete contents, when a process died between adopting and naming it. */
  async #findContent(fileId: string): Promise<string | undefined> {
    const path = this.#pathOf(fileId);
    if ((await sizeOf(path)) !== undefined) return path;
    const ready = await this.#findReady(fileId);
    return ready === undefined ? undefined : this.#folder.readyPath(ready);
  }

  async #findReady(fileId: string): Promise<FolderEntry | undefined> {
    const names = (await readdir(this.#folder.ready)).filter((name) => name.startsWith(`${fileId}.`));
    return names.map(parseEntry).find((entry) => entry?.fileId === fileId);
  }

  async #describe(fileId: string): Promise<Description | undefined> {
    try {
      return JSON.parse(await readFile(this.#pathOf(fileId, DESCRIPTION), 'utf8')) as Description;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  #pathOf(fileId: string, suffix = ''): string {
    requireFileId(fileId);
    return this.#folder.partialPath(fileId, suffix);
  }
}

/** Writes go on where the last one ended. */
function writerAt(file: FileHandle, offset: number): ConstructorParameters<typeof BatchedOutput>[0] {
  let position = offset;
  return {
    async writev(chunks) {
      const written = await file.writev([...chunks], position);
      position += written.bytesWritten;
      return written;
    },
    sync: async () => file.datasync(),
    close: async () => file.close(),
  };
}

/** Whether there is something that was modified then or later. */
async function isSince(path: string, since: Date): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && stats.mtimeMs >= since.getTime();
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { OWNER_PATTERN, type ProcessOwner, formatOwner } from './process-owner';

/** For the owner only: contents are nobody else's business on the machine. */
export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** How the names of descriptions end. */
export const DESCRIPTION = '.json';

const ENTRY_NAME = new RegExp(`^([A-Za-z0-9_]{1,64})\\.${OWNER_PATTERN}$`);

/** A content that is not in its final place: its name tells whose it is. The name is also the key to read it by. */
export interface FolderEntry {
  readonly name: string;
  readonly fileId: string;
  readonly owner: ProcessOwner;
}

export function newEntry(fileId: string, owner: ProcessOwner): FolderEntry {
  return { name: `${fileId}.${formatOwner(owner)}`, fileId, owner };
}

/** @returns undefined for a name that we never give */
export function parseEntry(name: string): FolderEntry | undefined {
  const [, fileId, machine, pid, startTicks] = ENTRY_NAME.exec(name) ?? [];
  if (fileId === undefined || machine === undefined || pid === undefined || startTicks === undefined) return undefined;
  return { name, fileId, owner: { machine, pid: Number(pid), startTicks } };
}

/** Where things are in the folder of uploads. All paths come from ids and names of ours. */
export class UploadFolder {
  /** What is being written. */
  readonly unfinished: string;
  /** What is complete and waits for its record. */
  readonly ready: string;
  /** What has come of resumable uploads, and their descriptions. */
  readonly partial: string;

  constructor(readonly path: string) {
    this.unfinished = join(path, '.tmp');
    this.ready = join(path, '.ready');
    this.partial = join(path, '.partial');
  }

  unfinishedPath(entry: FolderEntry): string {
    return join(this.unfinished, entry.name);
  }

  readyPath(entry: FolderEntry): string {
    return join(this.ready, entry.name);
  }

  /** @param suffix none for what has come of a resumable upload, {@link DESCRIPTION} for its description */
  partialPath(fileId: string, suffix = ''): string {
    return join(this.partial, `${fileId}${suffix}`);
  }

  /** The two levels of folders that a content ends up in: by hash, since ids need not be spread evenly. */
  finalFolders(fileId: string): readonly [outer: string, inner: string] {
    const hash = createHash('sha256').update(fileId).digest('hex');
    const outer = join(this.path, hash.slice(0, 2));
    return [outer, join(outer, hash.slice(2, 4))];
  }

  finalPath(fileId: string): string {
    return join(this.finalFolders(fileId)[1], fileId);
  }
}

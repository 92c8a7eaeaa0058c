import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, unlessMissing } from './disk-fault';
import { FOLDER_MODE, type FolderEntry, type UploadFolder } from './upload-folder';

/** Systems that know no sync of a folder say so in one of these ways. */
const NO_FOLDER_SYNC = new Set(['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP']);

/** Brings the names in a folder to stable storage, which a sync of the files themselves does not. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(errnoOf(error) ?? '')) throw error;
  }
}

/** Makes an unfinished content a complete one, for good. */
export async function moveToReady(folder: UploadFolder, entry: FolderEntry): Promise<void> {
  await rename(folder.unfinishedPath(entry), folder.readyPath(entry));
  await syncFolder(folder.ready);
}

/**
 * Moves a complete content to its final place, for good.
 * @returns false when it is not among the complete ones any more
 */
export async function moveToFinal(folder: UploadFolder, entry: FolderEntry): Promise<boolean> {
  const [outer, inner] = folder.finalFolders(entry.fileId);
  const created = await mkdir(inner, { recursive: true, mode: FOLDER_MODE });
  if (!(await unlessMissing(rename(folder.readyPath(entry), folder.finalPath(entry.fileId))))) return false;
  await syncFolder(inner);
  if (created !== undefined) for (const parent of [outer, dirname(outer)]) await syncFolder(parent);
  return true;
}

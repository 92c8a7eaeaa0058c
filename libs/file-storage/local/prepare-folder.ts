import { mkdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskFault } from './disk-fault';
import { FILE_MODE, FOLDER_MODE, type FolderEntry, type UploadFolder } from './upload-folder';

/**
 * Makes the folders, and tries what an upload does in them.
 * @param probe an entry that nobody uses
 * @throws StorageFullError
 * @throws Error that names the folder
 */
export async function prepareFolder(folder: UploadFolder, probe: FolderEntry): Promise<void> {
  const [unfinished, ready] = [folder.unfinishedPath(probe), folder.readyPath(probe)];
  const last = join(folder.path, `.${probe.name}`);
  try {
    for (const path of [folder.path, folder.unfinished, folder.ready]) {
      await mkdir(path, { recursive: true, mode: FOLDER_MODE });
    }
    await writeFile(unfinished, 'probe', { flag: 'wx', mode: FILE_MODE });
    await rename(unfinished, ready);
    // Fails where one of them is a mount or a link to another disk.
    await rename(ready, last);
    await unlink(last);
  } catch (error) {
    for (const path of [unfinished, ready, last]) await unlink(path).catch(() => undefined);
    const fault = diskFault(error);
    fault.message = `the folder of uploads, ${folder.path}, can't be used: ${fault.message}`;
    throw fault;
  }
}

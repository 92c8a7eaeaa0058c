import { link, mkdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type LockState, UPLOAD_LOCK_LEASE_MS, UploadLocks } from '@tollgate/domain';
import { requireFileId } from '../file-id';
import { errnoOf, unlessMissing } from './disk-fault';
import { OWNER_PATTERN, formatOwner, hasEnded, ownProcess } from './process-owner';
import { FILE_MODE, FOLDER_MODE } from './upload-folder';

const LOCK_TEXT = new RegExp(`^(\\S+) ${OWNER_PATTERN}$`);

/**
 * Locks as files in a folder, for processes that share it and have nothing else in common. The file of a lock says who holds
 * it, its modification time when it was last renewed, and a file beside it that somebody waits.
 */
export class FileUploadLocks extends UploadLocks {
  readonly #self = ownProcess();
  #opened: Promise<unknown> | undefined;

  /** @param path absolute; made when it is not there */
  constructor(
    private readonly path: string,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async tryLock(uploadId: string, holder: string): Promise<boolean> {
    this.#opened ??= mkdir(this.path, { recursive: true, mode: FOLDER_MODE });
    await this.#opened;
    const path = this.#pathOf(uploadId, 'lock');
    // Once more after the lock of one who died has been taken away.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      if (await this.#create(path, holder)) {
        await unlessMissing(unlink(this.#pathOf(uploadId, 'wanted')));
        return true;
      }
      if (!(await this.#takeAway(path, holder))) break;
    }
    await writeFile(this.#pathOf(uploadId, 'wanted'), '', { mode: FILE_MODE });
    return false;
  }

  override async renew(uploadId: string, holder: string): Promise<LockState> {
    const path = this.#pathOf(uploadId, 'lock');
    if (!(await this.#isHeldBy(path, holder))) return 'lost';
    const now = this.clock.now();
    if (!(await unlessMissing(utimes(path, now, now)))) return 'lost';
    return (await unlessMissing(stat(this.#pathOf(uploadId, 'wanted')))) ? 'wanted' : 'held';
  }

  override async unlock(uploadId: string, holder: string): Promise<void> {
    const path = this.#pathOf(uploadId, 'lock');
    if (!(await this.#isHeldBy(path, holder))) return;
    await unlessMissing(unlink(path));
    // Whoever still waits says so again with its next try.
    await unlessMissing(unlink(this.#pathOf(uploadId, 'wanted')));
  }

  async #create(path: string, holder: string): Promise<boolean> {
    try {
      await writeFile(path, `${holder} ${formatOwner(this.#self)}`, { flag: 'wx', mode: FILE_MODE });
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  /** @returns whether the lock was one that nobody holds any more, and is gone */
  async #takeAway(path: string, holder: string): Promise<boolean> {
    const text = await readText(path);
    if (text === undefined) return true;
    if (!(await this.#isDead(path, text))) return false;
    const aside = `${path}.${holder}`;
    if (!(await unlessMissing(rename(path, aside)))) return true;
    // Somebody else may have been faster, and this be the lock of the next holder: it is put back.
    const isOther = (await readText(aside)) !== text;
    if (isOther) await link(aside, path).catch(() => undefined);
    await unlessMissing(unlink(aside));
    return !isOther;
  }

  async #isDead(path: string, text: string): Promise<boolean> {
    const [, , machine, pid, startTicks] = LOCK_TEXT.exec(text) ?? [];
    if (machine !== undefined && pid !== undefined && startTicks !== undefined) {
      if (hasEnded({ machine, pid: Number(pid), startTicks }, this.#self)) return true;
    }
    const stats = await stat(path).catch(() => undefined);
    return stats !== undefined && this.clock.nowMs() - stats.mtimeMs >= UPLOAD_LOCK_LEASE_MS;
  }

  async #isHeldBy(path: string, holder: string): Promise<boolean> {
    return (await readText(path))?.startsWith(`${holder} `) === true;
  }

  #pathOf(uploadId: string, kind: 'lock' | 'wanted'): string {
    requireFileId(uploadId);
    return join(this.path, `${uploadId}.${kind}`);
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

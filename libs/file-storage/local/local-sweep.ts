import { readdir, stat, unlink } from 'node:fs/promises';
import type { FindExisting, SweepReport } from '../file-storage';
import { unlessMissing } from './disk-fault';
import { DEAD_AFTER_MS, SWEEP_BATCH, UNNAMED_FOR_MS } from './limits';
import { moveToFinal } from './move-file';
import { type ProcessOwner, hasEnded } from './process-owner';
import { DESCRIPTION, type FolderEntry, type UploadFolder, parseEntry } from './upload-folder';

/** Removes from a folder of uploads what processes that died have left. */
export class LocalSweep {
  readonly #folder: UploadFolder;
  readonly #self: ProcessOwner;
  readonly #nowMs: number;

  constructor(folder: UploadFolder, self: ProcessOwner, nowMs: number) {
    this.#folder = folder;
    this.#self = self;
    this.#nowMs = nowMs;
  }

  /** @param isOpen of entries: whether a writer of this process is at them */
  async run(findExisting: FindExisting, isOpen: (name: string) => boolean): Promise<SweepReport> {
    const abandoned = await this.#removeUnfinished(isOpen);
    const orphaned = await this.#settleReady(findExisting, isOpen);
    return { abandoned, orphaned };
  }

  async #removeUnfinished(isOpen: (name: string) => boolean): Promise<number> {
    let removed = 0;
    for (const entry of await this.#entries(this.#folder.unfinished)) {
      if (isOpen(entry.name)) continue;
      const path = this.#folder.unfinishedPath(entry);
      if (!(await this.#isDead(entry, path))) continue;
      if (await unlessMissing(unlink(path))) removed += 1;
    }
    return removed;
  }

  /** Moves those with a record to their final places and removes those that nobody will name any more. */
  async #settleReady(findExisting: FindExisting, isOpen: (name: string) => boolean): Promise<number> {
    const waiting: FolderEntry[] = [];
    for (const entry of await this.#entries(this.#folder.ready)) {
      const stats = await stat(this.#folder.readyPath(entry)).catch(() => undefined);
      // A change of its name counts as well: it was complete only then.
      if (stats !== undefined && this.#nowMs - Math.max(stats.mtimeMs, stats.ctimeMs) >= UNNAMED_FOR_MS) {
        if (!isOpen(entry.name)) waiting.push(entry);
      }
    }
    let removed = 0;
    for (let from = 0; from < waiting.length; from += SWEEP_BATCH) {
      removed += await this.#settle(waiting.slice(from, from + SWEEP_BATCH), findExisting);
    }
    return removed;
  }

  async #settle(entries: readonly FolderEntry[], findExisting: FindExisting): Promise<number> {
    // Asked before the records are: a process that dies in between has named its content or never will.
    const dead = new Set<FolderEntry>();
    for (const entry of entries) if (await this.#isDead(entry, this.#folder.readyPath(entry))) dead.add(entry);
    const existing = await findExisting(entries.map(({ fileId }) => fileId));
    let removed = 0;
    for (const entry of entries) {
      if (existing.has(entry.fileId)) await moveToFinal(this.#folder, entry);
      else if (!dead.has(entry) || (await this.#isResumable(entry))) continue;
      else if (await unlessMissing(unlink(this.#folder.readyPath(entry)))) removed += 1;
    }
    return removed;
  }

  /** Whole, and adopted, but not yet named: its client may ask again for as long as its upload is described. */
  async #isResumable({ fileId }: FolderEntry): Promise<boolean> {
    return unlessMissing(stat(this.#folder.partialPath(fileId, DESCRIPTION)));
  }

  /** Its process is known to have ended, or has not said for long that it is at it. */
  async #isDead(entry: FolderEntry, path: string): Promise<boolean> {
    if (hasEnded(entry.owner, this.#self)) return true;
    const stats = await stat(path).catch(() => undefined);
    return stats !== undefined && this.#nowMs - stats.mtimeMs >= DEAD_AFTER_MS;
  }

  async #entries(path: string): Promise<readonly FolderEntry[]> {
    const files = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile());
    return files.map(({ name }) => parseEntry(name)).filter((entry) => entry !== undefined);
  }
}

import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { UploadedFileRepository } from '@tollgate/domain';
import { FileStorage } from '@tollgate/file-storage';
import { Log } from '@tollgate/observability';

const SWEEP_INTERVAL_MS = 60_000;
/** Deleted files looked at by one sweep. */
const BATCH = 200;

/**
 * Removes contents that nobody can see: beginnings that processes left when they died, complete ones without a record, and
 * those of deleted files.
 */
@Injectable()
export class UploadSweep implements OnApplicationBootstrap {
  private sweeping = false;

  constructor(
    private readonly storage: FileStorage,
    private readonly files: UploadedFileRepository,
    private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sweep();
  }

  /** Never throws; a sweep that fails is repeated a minute later. */
  @Interval(SWEEP_INTERVAL_MS)
  async sweep(): Promise<void> {
    if (this.sweeping) return;
    this.sweeping = true;
    try {
      const { abandoned, orphaned } = await this.storage.sweep((fileIds) => this.files.findExisting(fileIds));
      const deleted = await this.removeDeleted();
      if (abandoned + orphaned + deleted > 0) {
        this.log.info({ abandoned, orphaned, deleted }, 'removed contents of uploads that nobody can see');
      }
    } catch (error) {
      this.log.warn({ err: error }, 'the sweep of uploads failed');
    } finally {
      this.sweeping = false;
    }
  }

  /** @returns how many contents are gone for good */
  private async removeDeleted(): Promise<number> {
    const deleted = await this.files.listDeleted(BATCH);
    const gone: string[] = [];
    for (const { id, storageKey } of deleted) {
      try {
        await this.storage.remove(storageKey);
        gone.push(id);
      } catch (error) {
        this.log.warn({ err: error, fileId: id }, 'the content of a deleted file could not be removed yet');
      }
    }
    if (gone.length > 0) await this.files.forgetDeleted(gone);
    return gone.length;
  }
}

import type { Clock } from '@tollgate/domain';
import type { FileStorage } from '@tollgate/file-storage';
import { storageFull } from './upload-refusals';

/** How long an answer of the storage holds, in milliseconds: many uploads watch the same disk. */
const ANSWER_HOLDS_MS = 500;

/** Room on the disk that uploads leave to everything else. */
export class DiskFloor {
  private asked: Promise<number | undefined> | undefined;
  private askedAtMs = 0;

  /** @param minFreeBytes that stay free; 0: uploads may fill the disk */
  constructor(
    private readonly storage: FileStorage,
    private readonly minFreeBytes: number,
    private readonly clock: Clock,
  ) {}

  /**
   * @param bytes that are to be written
   * @throws UploadError STORAGE_FULL
   */
  async assertRoom(bytes = 0): Promise<void> {
    const free = await this.freeBytes();
    if (free !== undefined && free - bytes < this.minFreeBytes) throw storageFull();
  }

  private freeBytes(): Promise<number | undefined> {
    const nowMs = this.clock.nowMs();
    if (this.asked === undefined || Math.abs(nowMs - this.askedAtMs) >= ANSWER_HOLDS_MS) {
      this.askedAtMs = nowMs;
      this.asked = this.storage.freeBytes();
    }
    return this.asked;
  }
}

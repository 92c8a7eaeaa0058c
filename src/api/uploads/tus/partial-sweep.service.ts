import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock, UploadedFileRepository } from '@tollgate/domain';
import { PartialUploads } from '@tollgate/file-storage';
import { Log } from '@tollgate/observability';
import { ResumeWindow } from './resume-window';

const SWEEP_INTERVAL_MS = 60_000;

/** Removes resumable uploads that nobody has gone on with. Their tokens are free by then: they were held for no longer. */
@Injectable()
export class PartialSweep implements OnApplicationBootstrap {
  private sweeping = false;

  constructor(
    private readonly partials: PartialUploads,
    private readonly files: UploadedFileRepository,
    private readonly window: ResumeWindow,
    private readonly clock: Clock,
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
      const before = new Date(this.clock.nowMs() - this.window.ms);
      const removed = await this.partials.sweep(before, (fileIds) => this.files.findExisting(fileIds));
      if (removed > 0) this.log.info({ removed }, 'removed resumable uploads that were not gone on with');
    } catch (error) {
      this.log.warn({ err: error }, 'resumable uploads could not be swept');
    } finally {
      this.sweeping = false;
    }
  }
}

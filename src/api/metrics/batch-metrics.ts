import type { Clock } from '@tollgate/domain';
import { DurationHistogram } from '@tollgate/observability';

const SECOND_MS = 1_000;

/** What became of batches that are written in the background. */
export class BatchMetrics {
  readonly written = new DurationHistogram();
  readonly failed = new DurationHistogram();
  writtenEntries = 0;
  private failingSinceMs: number | undefined;

  constructor(private readonly clock: Clock) {}

  /**
   * Notes one attempt to write a batch.
   * @param durationMs what the store took
   */
  attempted(entries: number, durationMs: number, isWritten: boolean): void {
    if (isWritten) {
      this.written.record(durationMs / SECOND_MS);
      this.writtenEntries += entries;
      this.failingSinceMs = undefined;
      return;
    }
    this.failed.record(durationMs / SECOND_MS);
    this.failingSinceMs ??= this.clock.nowMs() - durationMs;
  }

  /** How long no batch could be written; 0 when the last one was. */
  get failingSeconds(): number {
    if (this.failingSinceMs === undefined) return 0;
    return Math.max(0, (this.clock.nowMs() - this.failingSinceMs) / SECOND_MS);
  }
}

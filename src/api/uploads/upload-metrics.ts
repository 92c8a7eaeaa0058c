import { Injectable } from '@nestjs/common';
import { DurationHistogram } from '@tollgate/observability';
import { ReadMetric, plain } from '@tollgate/observability';
import { MetricsService } from '../metrics/metrics.service';
import { RunningUploads } from './running-uploads';
import type { UploadErrorCode } from './upload-error';

/**
 * How an upload ended: by its refusal's code in lower case, or
 * - `stored`
 * - `repeated`: it had been stored before
 * - `broken_off`: the client went away
 * - `failed`: by a fault of ours
 */
export type UploadResult = 'stored' | 'repeated' | 'broken_off' | 'failed' | Lowercase<UploadErrorCode>;

/** Uploads of this process, of every kind. */
@Injectable()
export class UploadMetrics {
  private readonly results = new Map<UploadResult, number>([
    ['stored', 0],
    ['broken_off', 0],
    ['failed', 0],
  ]);
  private readonly durations = new DurationHistogram();
  private receivedBytes = 0;

  constructor(metrics: MetricsService, running: RunningUploads) {
    metrics.add(
      ReadMetric.counter('tollgate_uploads_total', 'Uploads that have ended, by result.', () =>
        [...this.results].map(([result, value]) => ({ labels: { result }, value })),
      ),
      ReadMetric.counter('tollgate_upload_received_bytes_total', 'Bytes received in bodies of uploads.', () =>
        plain(this.receivedBytes),
      ),
      ReadMetric.durations('tollgate_upload_duration_seconds', 'From the head of an upload to its storing.', () => [
        { labels: {}, histogram: this.durations },
      ]),
      ReadMetric.gauge('tollgate_uploads_running', 'Uploads under way.', 'sum', () => plain(running.count)),
    );
  }

  count(result: UploadResult): void {
    this.results.set(result, (this.results.get(result) ?? 0) + 1);
  }

  /** @param bytes of a body, stored or not */
  received(bytes: number): void {
    this.receivedBytes += bytes;
  }

  /** @param seconds that a stored upload took */
  took(seconds: number): void {
    this.durations.record(seconds);
  }
}

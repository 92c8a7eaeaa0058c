import { DurationHistogram } from '@tollgate/observability';

const SECOND_MS = 1_000;

/** Logins by their result, and how long they took. */
export class LoginMetrics {
  readonly results = new Map<string, number>();
  readonly durations = new DurationHistogram();

  record(result: string, tookMs: number): void {
    this.results.set(result, (this.results.get(result) ?? 0) + 1);
    this.durations.record(tookMs / SECOND_MS);
  }
}

/** Upper bounds of the buckets, in seconds. */
export const DURATION_BUCKETS_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** A histogram that takes tens of nanoseconds to count into: prom-client's own looks its labels up each time. */
export class DurationHistogram {
  /** How many durations fell into each bucket, not cumulated; the last one is what is longer than all bounds. */
  readonly counts = new Float64Array(DURATION_BUCKETS_SECONDS.length + 1);
  sumSeconds = 0;

  record(seconds: number): void {
    let bucket = 0;
    while (bucket < DURATION_BUCKETS_SECONDS.length && seconds > (DURATION_BUCKETS_SECONDS[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sumSeconds += seconds;
  }
}

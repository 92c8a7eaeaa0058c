import type { BatchMetrics } from './batch-metrics';
import { ReadMetric, plain } from '@tollgate/observability';

/** How batches of one kind are told of. */
export interface BatchNames {
  /** First part of the metrics' names. */
  readonly prefix: string;
  /** What is written. */
  readonly what: string;
  /** What a batch consists of. */
  readonly entries: string;
}

/** What waits and what was lost, from where it is known. */
export interface Backlog {
  readonly waiting: number;
  readonly lost: number;
}

/** What is told of batches that are written in the background. */
export function batchReadings(
  { prefix, what, entries }: BatchNames,
  batches: BatchMetrics,
  backlog: () => Backlog,
): readonly ReadMetric[] {
  return [
    ReadMetric.durations(`${prefix}_batch_duration_seconds`, `How long writing a batch of ${what} took.`, () => [
      { labels: { outcome: 'written' }, histogram: batches.written },
      { labels: { outcome: 'failed' }, histogram: batches.failed },
    ]),
    ReadMetric.counter(`${prefix}_written_total`, `Written ${entries} of ${what}.`, () =>
      plain(batches.writtenEntries),
    ),
    ReadMetric.counter(`${prefix}_lost_total`, `${capital(entries)} of ${what} that were given up.`, () =>
      plain(backlog().lost),
    ),
    ReadMetric.gauge(`${prefix}_waiting`, `${capital(entries)} of ${what} that wait to be written.`, 'sum', () =>
      plain(backlog().waiting),
    ),
    ReadMetric.gauge(
      `${prefix}_failing_seconds`,
      `For how long no batch of ${what} could be written; 0 when the last one was.`,
      'max',
      () => plain(batches.failingSeconds),
    ),
  ];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

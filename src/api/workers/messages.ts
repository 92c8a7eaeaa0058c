import type { Change } from '@tollgate/domain';
import type { WorkerNews } from '@tollgate/workers';
import type { TakeMessage, UnusedMessage } from './take-message';

/** What one process asks the other, and the answer. */
export interface Questions {
  /** Worker to primary: outcomes as `decodeOutcomes` reads them. */
  readonly take: { readonly question: TakeMessage; readonly answer: readonly number[] };
  /** Worker to primary. */
  readonly 'give-back': { readonly question: readonly UnusedMessage[]; readonly answer: null };
  /** Worker to primary: the metrics of all workers together, as text. */
  readonly metrics: { readonly question: null; readonly answer: string };
  /** Primary to worker: its own metrics, as `Registry.getMetricsAsJSON` of prom-client tells them. */
  readonly 'own-metrics': { readonly question: null; readonly answer: readonly object[] };
}

/** What one process tells the other. */
export interface News extends WorkerNews {
  /** Worker to primary, and from there to the other workers. */
  readonly changes: readonly Change[];
}

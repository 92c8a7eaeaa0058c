import type { Change } from '@tollgate/domain';
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
export interface News {
  /** Worker to primary: it serves at this address. */
  readonly listening: { readonly url: string };
  /** Worker to primary: why it could not start. */
  readonly failed: { readonly message: string };
  /** Worker to primary, and from there to the other workers. */
  readonly changes: readonly Change[];
}

export type LinkMessage =
  | { readonly ask: number; readonly topic: string; readonly payload: unknown }
  | { readonly answer: number; readonly payload?: unknown; readonly error?: string }
  | { readonly tell: string; readonly payload: unknown };

/** Whether a message is one of a {@link Link}; what comes from the same build is not checked further. */
export function isLinkMessage(message: unknown): message is LinkMessage {
  return (
    typeof message === 'object' && message !== null && ('ask' in message || 'answer' in message || 'tell' in message)
  );
}

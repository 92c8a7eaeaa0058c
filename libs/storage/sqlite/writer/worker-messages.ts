import type { CommittedBatch } from '../commands/batch-executor';
import type { WriteCommand } from '../commands/command';

/** What the writer thread is told. It answers every batch once, in order. */
export type ToWorker =
  { readonly kind: 'batch'; readonly commands: readonly WriteCommand[] } | { readonly kind: 'close' };

/** What the writer thread says. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'committed'; readonly batch: CommittedBatch }
  /** Nothing of the batch was kept. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'closed' };

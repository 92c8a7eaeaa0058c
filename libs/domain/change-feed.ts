/** Something that a cached answer may depend on has changed. */
export type Change =
  | {
      readonly kind: 'token';
      /** SHA-256 of the token value, hex. */
      readonly tokenHash: string;
    }
  | { readonly kind: 'account'; readonly accountId: string }
  /** Changes may have been missed: forget everything. */
  | { readonly kind: 'all' };

/**
 * Tells a process of every change that could make a cached validation wrong: those of its own writes before the write
 * is acknowledged, those of other processes as soon as the store allows.
 */
export abstract class ChangeFeed {
  /**
   * How long a change made by another process may stay unseen, in milliseconds; `undefined` when the store tells
   * nothing and only a cache's own time to live bounds it.
   */
  abstract readonly latencyMs: number | undefined;

  /** @returns a function that ends the subscription */
  abstract subscribe(listener: (change: Change) => void): () => void;
}

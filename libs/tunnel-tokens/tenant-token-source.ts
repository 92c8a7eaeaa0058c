import type { TunnelToken } from './tunnel-token';

/** A token appeared or changed, or is gone. */
export type TunnelTokenChange =
  | {
      readonly kind: 'put';
      readonly token: TunnelToken;
      /** What it was, unless it is new. */ readonly before?: TunnelToken;
    }
  | { readonly kind: 'delete'; /** What it was. */ readonly token: TunnelToken };

/**
 * `starting`: not yet asked. `live`: knows every token and hears of changes. `stale`: knows what there was when the
 * store was last heard. `unavailable`: has never reached the store, and knows nothing.
 *
 * starting → live | unavailable; unavailable → live; live ⇄ stale.
 */
export type TenantTokenSourceState = 'starting' | 'live' | 'stale' | 'unavailable';

/** How a source stands. */
export interface TenantTokenSourceStatus {
  readonly state: TenantTokenSourceState;
  /** Since when, in milliseconds since the Unix epoch. */
  readonly sinceMs: number;
}

/**
 * The tokens that may log in, in memory and up to date. A value that can't be read is skipped with a warning; the last
 * good one of its key stays in force until that key is deleted.
 */
export abstract class TenantTokenSource {
  /** By the token's value. In `starting` and `unavailable` whatever is there already is not to be relied on. */
  abstract readonly tokens: ReadonlyMap<string, TunnelToken>;

  abstract readonly status: TenantTokenSourceStatus;

  /** Short for {@link status}`.state`. */
  get state(): TenantTokenSourceState {
    return this.status.state;
  }

  /**
   * Begins. Resolves when it is live or the first try has failed, and goes on trying in the latter case; a store that is
   * away is no reason to reject.
   */
  abstract start(): Promise<void>;

  /**
   * Told of every change after it is in {@link tokens}, also of those that happened while the store was away. The first
   * load is told as well, to those who listen before {@link start}.
   * @returns a function that ends the subscription
   */
  abstract onChange(listener: (change: TunnelTokenChange) => void): () => void;

  /** Told when {@link status} has changed. */
  abstract onStatus(listener: (status: TenantTokenSourceStatus) => void): () => void;

  /** Ends it; what it knows stays readable and grows old. */
  abstract close(): Promise<void>;
}

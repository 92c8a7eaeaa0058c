import type { TunnelToken } from './tunnel-token';

/** A value as it is stored, and what tells it from later ones. */
export interface StoredTunnelToken {
  readonly text: string;
  readonly version: string;
}

/** One step of a {@link TunnelTokenStore.commit}. */
export type TunnelTokenWrite =
  | { readonly kind: 'insert'; readonly value: string; readonly text: string }
  /** Only when the stored one is still of this version. */
  | { readonly kind: 'replace'; readonly value: string; readonly text: string; readonly version: string }
  | { readonly kind: 'delete'; readonly value: string; readonly version: string };

/** `duplicate`: an inserted value is there already. `conflict`: a version has changed. Nothing was done then. */
export type TunnelTokenCommit = 'done' | 'duplicate' | 'conflict';

/**
 * The stored values behind a repository, one per token value, and an index of them in this process.
 * All reject with `TollgateError` `unavailable` while the store is away.
 */
export abstract class TunnelTokenStore {
  /** As of now, for everyone: never an old value. */
  abstract read(value: string): Promise<StoredTunnelToken | undefined>;

  /** All of the writes or none. Done, they are in the index. */
  abstract commit(writes: readonly TunnelTokenWrite[]): Promise<TunnelTokenCommit>;

  /** Brings into the index whatever was committed anywhere before the call. */
  abstract catchUp(): Promise<void>;

  /** From the index. */
  abstract findById(id: string): TunnelToken | undefined;

  /** From the index, in any order. */
  abstract listOfAccount(accountId: string): Iterable<TunnelToken>;

  /** From the index, newest first. */
  abstract listAll(): readonly TunnelToken[];
}

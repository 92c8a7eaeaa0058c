import type { SealedSecret } from '../account';

/** A tunnel token as the embedded store keeps it. */
export interface TunnelTokenRecord {
  /** SHA-256 of the token value. */
  readonly hash: Buffer;
  /** JSON of everything but the value. */
  readonly document: string;
  /** The value, bound to its hash. */
  readonly sealed: SealedSecret;
  /** Another one after every change. */
  readonly version: number;
}

export type TunnelTokenRecordWrite =
  | { readonly kind: 'insert'; readonly hash: Buffer; readonly document: string; readonly sealed: SealedSecret }
  /** Only when the stored one is still of this version. */
  | { readonly kind: 'replace'; readonly hash: Buffer; readonly document: string; readonly version: number }
  | { readonly kind: 'delete'; readonly hash: Buffer; readonly version: number };

/** `duplicate`: an inserted hash is there already. `conflict`: a version has changed. Nothing was done then. */
export type TunnelTokenRecordCommit = 'done' | 'duplicate' | 'conflict';

/** What changed since a moment. */
export interface TunnelTokenRecordChanges {
  /** The moment up to which this tells. */
  readonly seq: number;
  /** Hashes of records that were made, changed or deleted; `all` where that is no longer known. */
  readonly hashes: readonly Buffer[] | 'all';
}

/**
 * Tunnel tokens in the embedded record store: what `@tollgate/tunnel-tokens` builds on where there is no etcd. Not
 * provided on MongoDB.
 */
export abstract class TunnelTokenRecords {
  abstract findByHash(hash: Buffer): Promise<TunnelTokenRecord | undefined>;

  /** Up to `limit` records by rising hash, from the one after `afterHash` on. */
  abstract listAfter(afterHash: Buffer | undefined, limit: number): Promise<readonly TunnelTokenRecord[]>;

  /** All of the writes or none. */
  abstract commit(writes: readonly TunnelTokenRecordWrite[]): Promise<TunnelTokenRecordCommit>;

  /** @param afterSeq `seq` of an earlier answer; -1: tells the moment, and `all` */
  abstract listChanges(afterSeq: number): Promise<TunnelTokenRecordChanges>;

  /**
   * Told, without saying what, when records may have changed: by whichever process, within 200 ms.
   * @returns a function that ends the subscription
   */
  abstract subscribe(listener: () => void): () => void;

  /** Up to `limit` records whose value is sealed with another key than `keyId`, from the one after `afterHash` on. */
  abstract listSealedOtherwise(
    keyId: string,
    afterHash: Buffer | undefined,
    limit: number,
  ): Promise<readonly TunnelTokenRecord[]>;

  /**
   * Swaps one sealed form of a value for another, only if the stored one is still `from`.
   * @returns false when it changed meanwhile or is gone
   */
  abstract reseal(hash: Buffer, from: SealedSecret, to: SealedSecret): Promise<boolean>;
}

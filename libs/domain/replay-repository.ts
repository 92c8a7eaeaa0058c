/** Remembers what may be used once: signatures of mutating requests. Shared by every process. */
export abstract class ReplayRepository {
  /**
   * Takes a key by a unique insert.
   * @param key opaque, at most 64 bytes
   * @param expiresAt when it may be forgotten; a key whose time has passed counts as free
   * @returns false when somebody holds it already
   */
  abstract claim(key: Buffer, now: Date, expiresAt: Date): Promise<boolean>;

  /** Gives a key back, so that an honest repeat is accepted. */
  abstract release(key: Buffer): Promise<void>;

  /** Forgets up to `limit` keys whose time has passed; returns how many went. */
  abstract purge(now: Date, limit: number): Promise<number>;
}

const SHARDS = 64;
/** Characters at the end of a key that choose its shard; they differ most, also in keys that are counted up. */
const HASHED_CHARS = 4;
const MULTIPLIER = 31;

/**
 * A map of texts in many small maps. A map that grows moves all it has in one go, which takes some milliseconds with 65,536 entries:
 * these move a 64th of it at a time. Its order is none that is of use.
 */
export class ShardedMap<V> implements ReadonlyMap<string, V> {
  private readonly shards: readonly Map<string, V>[] = Array.from({ length: SHARDS }, () => new Map<string, V>());
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(key: string): V | undefined {
    return this.shardOf(key).get(key);
  }

  has(key: string): boolean {
    return this.shardOf(key).has(key);
  }

  set(key: string, value: V): void {
    const shard = this.shardOf(key);
    const before = shard.size;
    shard.set(key, value);
    this.count += shard.size - before;
  }

  /** @returns whether it was there */
  delete(key: string): boolean {
    const existed = this.shardOf(key).delete(key);
    if (existed) this.count -= 1;
    return existed;
  }

  *entries(): MapIterator<[string, V]> {
    for (const shard of this.shards) yield* shard;
  }

  *keys(): MapIterator<string> {
    for (const shard of this.shards) yield* shard.keys();
  }

  *values(): MapIterator<V> {
    for (const shard of this.shards) yield* shard.values();
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  private shardOf(key: string): Map<string, V> {
    let hash = 0;
    for (let i = Math.max(0, key.length - HASHED_CHARS); i < key.length; i += 1) {
      hash = (hash * MULTIPLIER + key.charCodeAt(i)) | 0;
    }
    const shard = this.shards[hash & (SHARDS - 1)];
    if (shard === undefined) throw new RangeError('no such shard');
    return shard;
  }
}

import { type Hash, createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';

/** Uploads whose digests are remembered; of the others the content is read once more at the end. */
const MAX_REMEMBERED = 1_000;

interface Progress {
  readonly hash: Hash;
  offset: number;
}

/**
 * SHA-256 of contents that come in pieces. As far as all pieces came through this process, in order, nothing has to be read
 * again; the state of a hash can't be handed to another.
 */
export class ContentDigests {
  private readonly known = new LRUCache<string, Progress>({ max: MAX_REMEMBERED });

  /**
   * Hashes a piece while it is stored. What was hashed counts only when exactly that was stored.
   * @param offset where the piece begins
   * @param store is given the chunks, and tells where the content ends now
   * @returns what `store` does
   */
  async hash(
    uploadId: string,
    offset: number,
    chunks: AsyncIterable<Buffer>,
    store: (chunks: AsyncIterable<Buffer>) => Promise<number>,
  ): Promise<number> {
    let isStored = false;
    try {
      const newOffset = await store(this.hashing(uploadId, offset, chunks));
      isStored = this.known.get(uploadId)?.offset === newOffset;
      return newOffset;
    } finally {
      if (!isStored) this.forget(uploadId);
    }
  }

  /**
   * @param size of the whole
   * @param read the content from a byte on
   * @returns 64 lower-case hex digits
   */
  async finish(uploadId: string, size: number, read: (start: number) => Promise<Readable>): Promise<string> {
    const found = this.known.get(uploadId);
    this.forget(uploadId);
    const { hash, offset } =
      found !== undefined && found.offset <= size ? found : { hash: createHash('sha256'), offset: 0 };
    if (offset < size) for await (const chunk of await read(offset)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  }

  forget(uploadId: string): void {
    this.known.delete(uploadId);
  }

  private async *hashing(
    uploadId: string,
    offset: number,
    chunks: AsyncIterable<Buffer>,
  ): AsyncGenerator<Buffer, void, undefined> {
    if (offset === 0) this.known.set(uploadId, { hash: createHash('sha256'), offset: 0 });
    const progress = this.known.get(uploadId);
    // What another process took in between has to be read again.
    const isNext = progress?.offset === offset;
    for await (const chunk of chunks) {
      if (isNext) {
        progress.hash.update(chunk);
        progress.offset += chunk.length;
      }
      yield chunk;
    }
  }
}

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

  /** The next bytes of an upload, or some that were lost and come again. */
  add(uploadId: string, offset: number, chunk: Buffer): void {
    let progress = this.known.get(uploadId);
    if (offset === 0) {
      progress = { hash: createHash('sha256'), offset: 0 };
      this.known.set(uploadId, progress);
    }
    if (progress?.offset !== offset) {
      this.known.delete(uploadId);
      return;
    }
    progress.hash.update(chunk);
    progress.offset += chunk.length;
  }

  /**
   * @param size of the whole
   * @param read the content from a byte on
   * @returns 64 lower-case hex digits
   */
  async finish(uploadId: string, size: number, read: (start: number) => Promise<Readable>): Promise<string> {
    const found = this.known.get(uploadId);
    this.known.delete(uploadId);
    const { hash, offset } =
      found !== undefined && found.offset <= size ? found : { hash: createHash('sha256'), offset: 0 };
    if (offset < size) for await (const chunk of await read(offset)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  }

  forget(uploadId: string): void {
    this.known.delete(uploadId);
  }
}

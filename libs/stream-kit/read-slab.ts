import type { Lease } from './byte-stream';
import { STREAM_LIMITS } from './limits';

/** Memory that one socket reads into, and that is read into again when nobody uses what is in it. */
export class ReadSlab implements Lease {
  // Of its own, and not out of Node's pool.
  readonly bytes = Buffer.allocUnsafeSlow(STREAM_LIMITS.readSlabBytes);
  private users = 0;

  constructor(private readonly pool: ReadSlabPool) {}

  /** Whether nobody but the socket that reads into it uses it. */
  get isOnlyRead(): boolean {
    return this.users === 1;
  }

  /** One more uses it: the socket, or whoever was given a chunk. */
  retain(): void {
    this.users++;
  }

  release(): void {
    if (this.users === 0) throw new Error('a read slab was released more often than it was handed over');
    if (--this.users === 0) this.pool.giveBack(this);
  }
}

/** The slabs of all sockets. One whose chunks are never released is lost to it, and freed by the garbage collector. */
export class ReadSlabPool {
  private readonly free: ReadSlab[] = [];
  private readers = 0;

  /** For a socket that becomes busy. `undefined`: as many sockets have one as may. */
  join(): ReadSlab | undefined {
    if (this.readers >= STREAM_LIMITS.maxReadSlabs) return undefined;
    this.readers++;
    return this.take();
  }

  /** A socket that had joined needs no slab any more. */
  leave(slab: ReadSlab): void {
    this.readers--;
    slab.release();
  }

  /** The next one for a socket that has joined, in place of one that is full and still used. */
  replace(full: ReadSlab): ReadSlab {
    full.release();
    return this.take();
  }

  giveBack(slab: ReadSlab): void {
    if (this.free.length < STREAM_LIMITS.maxFreeReadSlabs) this.free.push(slab);
  }

  private take(): ReadSlab {
    const slab = this.free.pop() ?? new ReadSlab(this);
    slab.retain();
    return slab;
  }
}

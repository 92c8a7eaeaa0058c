import type { Lease } from '@tollgate/stream-kit';

/** One lease for several parts of the same memory: it is released when all of them have been. */
export class SharedLease implements Lease {
  private holders = 1;

  /** @param lease of the whole; it belongs to this object from now on, and whoever made this counts as the first holder */
  constructor(private readonly lease: Lease) {}

  /** One holder more, who releases it as well. */
  share(): Lease {
    this.holders++;
    return this;
  }

  release(): void {
    if (--this.holders === 0) this.lease.release();
  }
}

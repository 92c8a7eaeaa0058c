import { type BucketScheduler, TokenBucket } from '@tollgate/stream-kit';

/** What all users of a token share that has used up its month and is throttled for it, in bytes a second: 128 KiB. */
const THROTTLED_BYTES_PER_SECOND = 131_072;

/**
 * What the clients of a token use together with those of all that rotations have put in its place: limits hold for the sum, else a
 * tenant had twice as much while two of its tokens work.
 */
export class SharedUse {
  ports = 0;
  proxies = 0;
  connections = 0;
  /** Values of those tokens, as far as they were seen. */
  readonly tokens = new Set<string>();
  private slow: TokenBucket | undefined;

  constructor(private readonly scheduler: BucketScheduler) {}

  get isIdle(): boolean {
    return this.proxies === 0 && this.connections === 0;
  }

  get slowBucket(): TokenBucket {
    return (this.slow ??= new TokenBucket(THROTTLED_BYTES_PER_SECOND, this.scheduler));
  }
}

import { type BucketScheduler, TokenBucket } from '@tollgate/stream-kit';
import type { TunnelToken } from '@tollgate/tunnel-tokens';
import type { MonthGate, UserGate } from './proxy-context';

/** What all users of a token share that has used up its month and is throttled for it, in bytes a second: 128 KiB. */
const THROTTLED_BYTES_PER_SECOND = 131_072;

/** What the clients of one token use together. */
export class TenantUse implements UserGate {
  ports = 0;
  connections = 0;
  private slow: TokenBucket | undefined;

  /**
   * @param limits as they are now
   * @param month what becomes of users who come now
   */
  constructor(
    private readonly limits: () => TunnelToken | undefined,
    private readonly month: () => MonthGate,
    private readonly scheduler: BucketScheduler,
  ) {}

  enter(): boolean {
    const maxConnections = this.limits()?.maxConnections ?? 0;
    if (maxConnections > 0 && this.connections >= maxConnections) return false;
    if (this.month() === 'refuse') return false;
    this.connections += 1;
    return true;
  }

  leave(): void {
    this.connections -= 1;
  }

  admitsDatagrams(): boolean {
    return this.month() !== 'refuse';
  }

  bucketFor(own: TokenBucket | undefined): TokenBucket | undefined {
    if (this.month() !== 'throttle') return own;
    return (this.slow ??= new TokenBucket(THROTTLED_BYTES_PER_SECOND, this.scheduler));
  }
}

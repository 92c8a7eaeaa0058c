import type { TokenBucket } from '@tollgate/stream-kit';
import type { TunnelToken } from '@tollgate/tunnel-tokens';
import { type ConnectionLimit, UNSHARED_CONNECTIONS } from '../ledger/ledger-access';
import type { MonthGate, UserGate } from './proxy-context';
import type { SharedUse } from './shared-use';

/** What one token lets its clients use, of what it shares with those that it was rotated from or to. */
export class TenantUse implements UserGate {
  /**
   * @param limits as they are now
   * @param month what becomes of users who come now
   */
  constructor(
    private readonly limits: () => TunnelToken | undefined,
    private readonly month: () => MonthGate,
    readonly shared: SharedUse,
    /** How many of the users that it may have may be in this process. */
    private readonly limit: ConnectionLimit = UNSHARED_CONNECTIONS,
  ) {}

  /** Users who are connected. */
  get connections(): number {
    return this.shared.connections;
  }

  enter(): boolean {
    const maxConnections = this.limits()?.maxConnections ?? 0;
    if (maxConnections > 0 && this.shared.connections >= this.limit.of(maxConnections)) {
      this.limit.refused();
      return false;
    }
    if (this.month() === 'refuse') return false;
    this.shared.connections += 1;
    return true;
  }

  leave(): void {
    this.shared.connections -= 1;
  }

  admitsRequests(): boolean {
    return this.month() !== 'refuse';
  }

  admitsDatagrams(): boolean {
    return this.month() !== 'refuse';
  }

  bucketFor(own: TokenBucket | undefined): TokenBucket | undefined {
    if (this.month() !== 'throttle') return own;
    return this.shared.slowBucket;
  }
}

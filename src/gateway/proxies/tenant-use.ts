import type { TunnelToken } from '@tollgate/tunnel-tokens';
import type { UserGate } from './proxy-context';

/** What the clients of one token use together. */
export class TenantUse implements UserGate {
  ports = 0;
  connections = 0;

  /**
   * @param limits as they are now
   * @param isRefused whether new connections are to be refused for now, such as for a month's traffic that is used up
   */
  constructor(
    private readonly limits: () => TunnelToken | undefined,
    private readonly isRefused: () => boolean,
  ) {}

  enter(): boolean {
    const maxConnections = this.limits()?.maxConnections ?? 0;
    if (maxConnections > 0 && this.connections >= maxConnections) return false;
    if (this.isRefused()) return false;
    this.connections += 1;
    return true;
  }

  leave(): void {
    this.connections -= 1;
  }
}

import { type FailedLoginLimits, FailedLogins } from '../tenants/failed-logins';
import type { GatewayLink } from './gateway-link';

/** Counts logins that failed in any process of the gateway: each tells the others of its own. */
export class SharedFailedLogins extends FailedLogins {
  constructor(
    private readonly link: GatewayLink,
    limits: FailedLoginLimits,
    nowMs: () => number,
  ) {
    super(limits, nowMs);
    link.listen('failed-login', ({ network }) => {
      super.count(network);
    });
  }

  protected override count(network: string): void {
    super.count(network);
    void this.link.tell('failed-login', { network });
  }
}

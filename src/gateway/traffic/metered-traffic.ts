import type { Clock } from '@tollgate/domain';
import type { TunnelToken } from '@tollgate/tunnel-tokens';
import type { ProxyTraffic } from '../proxies/proxies';
import type { MonthGate } from '../proxies/proxy-context';
import type { GatewayTraffic } from './gateway-traffic';
import type { TrafficCounter } from './traffic-counter';

/** The accounting, as proxies need it. */
export class MeteredTraffic implements ProxyTraffic {
  constructor(
    private readonly traffic: GatewayTraffic,
    private readonly clock: Clock,
  ) {}

  counterFor(token: TunnelToken, proxyName: string): TrafficCounter {
    return this.traffic.meter.counterFor(token, proxyName);
  }

  release(counter: TrafficCounter): void {
    this.traffic.meter.release(counter);
  }

  connectionClosed(counter: TrafficCounter): void {
    this.traffic.meter.connectionClosed(counter);
  }

  gateOf(token: TunnelToken): MonthGate {
    if ((token.monthlyTrafficBytes ?? 0) === 0) return 'open';
    return this.traffic.usage.quotaState(token, this.clock.nowMs()) === 'used-up' ? token.monthlyTrafficPolicy : 'open';
  }
}

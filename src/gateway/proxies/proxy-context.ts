import type { MessageOf } from '@tollgate/frp-wire';
import type { TokenBucket } from '@tollgate/stream-kit';
import type { ClientSession } from '../control/client-session';
import type { GatewayRuntime } from '../gateway-runtime';
import type { TrafficCounter } from '../traffic/traffic-counter';

/** Whether a tenant may have one user more. */
export interface UserGate {
  /** @returns `false`: the user is to be turned away; otherwise {@link leave} is to be called when it goes */
  enter(): boolean;
  leave(): void;
}

/** What a proxy is made of, whatever its type. */
export interface ProxyContext {
  readonly session: ClientSession;
  readonly message: MessageOf<'newProxy'>;
  readonly counter: TrafficCounter;
  /** Absent: as fast as it goes. */
  readonly bucket: TokenBucket | undefined;
  readonly gate: UserGate;
  readonly traffic: { connectionClosed(counter: TrafficCounter): void };
  readonly runtime: GatewayRuntime;
}

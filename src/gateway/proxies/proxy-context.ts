import type { MessageOf } from '@tollgate/frp-wire';
import type { TokenBucket } from '@tollgate/stream-kit';
import type { ClientSession } from '../control/client-session';
import type { GatewayRuntime } from '../gateway-runtime';
import type { TrafficCounter } from '../traffic/traffic-counter';

/** Whether users who come are let in, turned away, or let in at a low rate. */
export type MonthGate = 'open' | 'refuse' | 'throttle';

/** Whether a tenant may have one user more. */
export interface UserGate {
  /** @returns `false`: the user is to be turned away; otherwise {@link leave} is to be called when it goes */
  enter(): boolean;
  leave(): void;
  /** Whether further requests of a user who has entered are served now. */
  admitsRequests(): boolean;
  /** Whether datagrams, which belong to no connection, may pass now. */
  admitsDatagrams(): boolean;
  /** What a user who comes now is held to: the proxy's own rate, or a lower one that all users of the token share. */
  bucketFor(own: TokenBucket | undefined): TokenBucket | undefined;
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

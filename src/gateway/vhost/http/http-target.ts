import type { ByteStream } from '@tollgate/stream-kit';

/** What a proxy of type http asks for (§6.4 of the protocol reference). All texts are as its client has sent them. */
export interface HttpTargetOptions {
  /** What the service gets as host instead of the user's. */
  readonly rewriteHost?: string | undefined;
  /** Set in each request; those that `isSettableField` refuses are left out. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Set in each response. */
  readonly responseHeaders?: Readonly<Record<string, string>> | undefined;
  /** Basic authentication is asked for when either is not empty. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** Whose request makes a connection necessary; others may use it later. */
export interface UserAddress {
  readonly address: string;
  readonly port: number;
}

/** Whether a tenant may have one user more. One object for all targets of a tenant. */
export interface TargetGate {
  /** For the first request of a user's connection. @returns `false`: it is to be turned away; otherwise {@link leave} is to follow */
  enter(): boolean;
  /** The connection is over. */
  leave(): void;
  /** Whether further requests of a connection that has entered are served now. */
  admitsRequests(): boolean;
}

/** A service that answers requests. Its connections are kept by this very object, so there is to be one for as long as it lives. */
export interface HttpTarget {
  /** Looked at once, with the first request. */
  readonly options: HttpTargetOptions;
  /** Whom users count for; absent: nobody. */
  readonly gate?: TargetGate | undefined;
  /** @returns a new connection to the service; rejects, within its own time, when none is to be had */
  connect(user: UserAddress): Promise<ByteStream>;
}

/** What a route leads to: one target, or those of a group in turn. */
export interface HttpRoute {
  /** For the next request. `undefined`: nobody, as if the route were not there. */
  next(): HttpTarget | undefined;
}

/** A proxy that a connected client has. */
export interface PresentProxy {
  readonly name: string;
  /** As frp calls it: `tcp`, `udp`, `http`, `https`. */
  readonly type: string;
  /** Where users reach it, as the client was told. */
  readonly remoteAddress: string;
  /** Connections of users at the moment. */
  readonly connections: number;
  /** Bytes from users to the client since the proxy is there. */
  readonly inBytes: number;
  /** Bytes from the client to users since the proxy is there. */
  readonly outBytes: number;
}

/** A client that is connected to a gateway. */
export interface PresentClient {
  /** `tt_…` */
  readonly tokenId: string;
  /** Absent: its token is no account's. */
  readonly accountId?: string;
  readonly runId: string;
  readonly clientAddress: string;
  /** Of frpc. */
  readonly version: string;
  readonly gatewayId: string;
  /** When it logged in, in milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  readonly proxies: readonly PresentProxy[];
}

/** Whom a kick is for: clients that have everything that is named; at least one is. */
export interface KickTarget {
  readonly tokenId?: string;
  readonly runId?: string;
  /** Closes this proxy and not the client. */
  readonly proxy?: string;
}

/** What gateways are told to do. */
export interface GatewayCommand {
  readonly kind: 'kick';
  readonly target: KickTarget;
  /** How long who was kicked is refused, in seconds; 0: it may come back at once. */
  readonly blockSeconds: number;
}

/** Who is connected, over all gateways. What a gateway shows is at most {@link GATEWAY_SHOW_INTERVAL_MS} old. */
export abstract class GatewayPresence {
  /**
   * Oldest first, ties by run id.
   * @throws TollgateError `unavailable`
   */
  abstract listClients(accountId: string): Promise<readonly PresentClient[]>;
  abstract listClientsAcrossAccounts(): Promise<readonly PresentClient[]>;
}

/** Tells gateways what to do: all that are up hear it, within a moment, also one that has to reconnect first. */
export abstract class GatewayCommands {
  /**
   * @returns when it was told, not when it was done
   * @throws TollgateError `unavailable`: whether it was told is not known
   */
  abstract send(command: GatewayCommand): Promise<void>;
}

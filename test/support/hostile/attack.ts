/** Where hostile peers find what they may attack, and who else is there. */
export interface AttackTarget {
  readonly bindPort: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** A tcp and a udp port of a proxy that is somebody's who means well. */
  readonly userPort: number;
  readonly udpPort: number;
  /** Virtual host of theirs. */
  readonly httpHost: string;
  /** A token that is good, of a tenant who is not, and where that tenant comes from. */
  readonly hostileToken: string;
  readonly hostileAddress: string;
}

/** How much of it all: 1 is what a machine takes in a second or two. */
export interface AttackScale {
  readonly factor: number;
  /** Half-open handshakes in all; never more than 5,000 at once. */
  readonly handshakes: number;
  /** How long the gateway gives a handshake, in milliseconds. */
  readonly handshakeMs: number;
}

/** What was done, for the bound on what is logged of it. */
export interface Attacked {
  /** Connections, logins, messages: at most one line of the log each. */
  readonly acts: number;
}

export interface Attack {
  readonly name: string;
  readonly run: (target: AttackTarget, scale: AttackScale) => Promise<Attacked>;
}

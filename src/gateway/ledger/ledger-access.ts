import type { Blocked } from '../control/blocks';
import type { PortDesk } from '../ports/port-desk';
import type { PortKind, ProxyRefusal } from './gateway-ledger';
import type { ProxyClaim } from './proxy-ledger';
import type { Admission, SessionClaim } from './session-ledger';

/** A proxy that is wanted, and what decides how many users it may have. */
export interface WantedProxy extends ProxyClaim {
  /** Users that the token's clients may have together; 0: any number. */
  readonly maxConnections: number;
}

/** Users of one token in this process. */
export interface ConnectionLimit {
  /** @param max that the token's clients may have together, as it is now. @returns that may be here */
  of(max: number): number;
  /** A user was turned away because there are as many as may be. */
  refused(): void;
  /** The tokens are no more, and have no users. */
  forget(): void;
}

/** For a gateway that is one process. */
export const UNSHARED_CONNECTIONS: ConnectionLimit = {
  of: (max) => max,
  refused: () => undefined,
  forget: () => undefined,
};

/** What a process needs of the {@link GatewayLedger}, which may be in another one. */
export interface LedgerAccess {
  /** Resolves when the session that is replaced, if there is one, has been closed. @throws Error when the ledger does not answer */
  admit(claim: SessionClaim): Promise<Admission>;
  /** The session is over, with all that it had. */
  leave(session: number): void;
  /** Says who closes a session that is replaced: at once, so that what it has is free. */
  onReplaced(close: (session: number) => void): void;
  /** @returns why it can't be had; `undefined` when it is had from now on. @throws Error when the ledger does not answer */
  claimProxy(session: number, claim: WantedProxy): Promise<ProxyRefusal | undefined>;
  releaseProxy(session: number, name: string): void;
  /** Has a client, all of a token or a proxy refused for a while. */
  block(blocked: Blocked, seconds: number): void;
  ports(kind: PortKind): PortDesk;
  /**
   * To be asked once for each key, or again after `forget`.
   * @param limitKey see `limitKeyOf`
   * @param connections users that are here now
   * @param max that the token's clients may have together, as it is now
   */
  limitConnections(limitKey: string, connections: () => number, max: () => number): ConnectionLimit;
}

import type { WorkerNews } from '@tollgate/workers';
import type { Blocked } from '../control/blocks';
import type { GatewayHealth } from '../health/gateway-health';
import type { ConnectionUse } from '../ledger/connection-shares';
import type { PortKind, ProxyRefusal } from '../ledger/gateway-ledger';
import type { WantedProxy } from '../ledger/ledger-access';
import type { Admission, SessionClaim } from '../ledger/session-ledger';
import type { PortRefusal, PortWish } from '../ports/port-desk';
import type { SharedRoutes } from './shared-routes';

/** What a worker has to know before it begins. */
export interface WorkerPlace {
  /** This process among those of the gateway; no other has it, also after this one has ended. */
  readonly member: number;
  /** Its place, from 0 on; a worker that is replaced leaves its place to the next. */
  readonly place: number;
  /** Where workers listen for each other. */
  readonly folder: string;
  /** Of the other workers. */
  readonly routes: readonly SharedRoutes[];
  /** The configuration file as it was when the gateway started, and when it was last read; `null`: there is none. */
  readonly files: { readonly atStart: string | null; readonly now: string | null };
}

/** What one process asks the other, and the answer. `undefined` goes as `null`. */
export interface Questions {
  // Worker to primary.
  readonly join: { readonly question: null; readonly answer: WorkerPlace };
  /** Answered when the session that is replaced is closed. */
  readonly admit: { readonly question: SessionClaim; readonly answer: Admission };
  readonly 'claim-proxy': {
    readonly question: { readonly session: number; readonly claim: WantedProxy };
    readonly answer: ProxyRefusal | null;
  };
  readonly 'reserve-port': {
    readonly question: { readonly kind: PortKind; readonly wish: PortWish };
    readonly answer: { readonly port: number } | { readonly refusal: PortRefusal };
  };
  /** Answered with the routes' id when the other workers know them; `null`: somebody has one of them. */
  readonly 'claim-routes': { readonly question: Omit<SharedRoutes, 'id' | 'member'>; readonly answer: number | null };
  /** The member that has the session of a run id. */
  readonly 'find-session': { readonly question: string; readonly answer: number | null };

  // Primary to worker.
  /** Closes a session. */
  readonly replace: { readonly question: number; readonly answer: null };
  readonly 'add-routes': { readonly question: SharedRoutes; readonly answer: null };
  /** Keeps to a smaller share of a token's users; answered with those that are there. */
  readonly shrink: {
    readonly question: { readonly limitKey: string; readonly share: number };
    readonly answer: { readonly used: number };
  };
  readonly 'own-metrics': { readonly question: null; readonly answer: readonly object[] };
  readonly health: { readonly question: null; readonly answer: GatewayHealth };
  /** The configuration file as it is now. */
  readonly reload: { readonly question: string | null; readonly answer: null };
}

/** What one process tells the other. */
export interface News extends WorkerNews {
  // Worker to primary.
  /** Where clients connect: the real port. */
  readonly bound: { readonly port: number };
  readonly leave: { readonly session: number };
  readonly 'release-proxy': { readonly session: number; readonly name: string };
  readonly 'settle-port': {
    readonly kind: PortKind;
    readonly wish: PortWish;
    readonly port: number;
    readonly isListening: boolean;
  };
  readonly 'release-port': { readonly kind: PortKind; readonly owner: string; readonly port: number };
  readonly 'release-routes': { readonly id: number };
  readonly block: { readonly blocked: Blocked; readonly seconds: number };
  readonly uses: readonly ConnectionUse[];

  // Primary to worker.
  readonly 'remove-routes': { readonly ids: readonly number[] };
  readonly share: { readonly limitKey: string; readonly share: number };

  /** Worker to primary, and from there to the other workers. */
  readonly 'failed-login': { readonly network: string };
}

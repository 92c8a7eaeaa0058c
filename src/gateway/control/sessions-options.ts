import type { MessageOf } from '@tollgate/frp-wire';
import type { Log } from '@tollgate/observability';
import type { TenantTokenSource } from '@tollgate/tunnel-tokens';
import type { GatewayRuntime } from '../gateway-runtime';
import type { LedgerAccess } from '../ledger/ledger-access';
import type { Proxies } from '../proxies/proxies';
import type { TenantLogins } from '../tenants/tenant-logins';
import type { SessionOptions } from './client-session';
import type { OpenedStream } from './opening';

/**
 * Takes a work connection to another process of the gateway.
 * @returns whether one of them has a session of that run id; the stream is its own then
 */
export type WorkConnectionPasser = (opened: OpenedStream, message: MessageOf<'newWorkConn'>) => Promise<boolean>;

/** The other processes of the gateway. */
export interface SessionNeighbours {
  readonly ledger: LedgerAccess;
  readonly passOn: WorkConnectionPasser;
}

export interface SessionsOptions {
  readonly runtime: GatewayRuntime;
  readonly source: TenantTokenSource;
  readonly logins: TenantLogins;
  readonly proxies: Proxies;
  readonly session: Omit<SessionOptions, 'checkPing' | 'nowMs' | 'schedule' | 'heartbeatTimeoutMs'>;
  /** For clients without a multiplexed connection, which would be noticed to be dead otherwise; 0: for ever. */
  readonly heartbeatTimeoutMs: number;
  readonly authenticatesHeartbeats: boolean;
  readonly authenticatesWorkConns: boolean;
  readonly maxSessionsPerToken: number;
  /** Whether clients are told why, or only that they are refused. */
  readonly detailedErrors: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly wallClockMs: () => number;
  /** Absent where this process is the only one. */
  readonly neighbours?: SessionNeighbours | undefined;
  /** Counts logins by their result. */
  readonly onLogin: (result: string, tookMs: number) => void;
  readonly log: Log;
}

import type { ClientPlan, RunningClient, RunningServer, ServerPlan } from './plans';

/** A pair of a server and a client that a matrix holds together. */
export interface TunnelMatrix {
  readonly startServer: (plan: ServerPlan) => Promise<RunningServer>;
  /** Resolves when the login and all proxies are answered. */
  readonly startClient: (plan: ClientPlan) => Promise<RunningClient>;
  /** Whether the server takes off a TLS that is around a WebSocket. */
  readonly serverTakesWss: boolean;
  /** Whether the client sends whatever it is told, and has no rules of its own about it. */
  readonly clientSendsAnything: boolean;
}

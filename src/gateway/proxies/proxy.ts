import type { TrafficCounter } from '../traffic/traffic-counter';

/** Why a proxy can't be had: the sentence that frpc prints. */
export class ProxyRefusedError extends Error {
  override readonly name = 'ProxyRefusedError';
}

/** Something of a client's that users reach through the gateway. */
export interface Proxy {
  /** As the client calls it. */
  readonly name: string;
  readonly type: string;
  /** What counts towards `maxPortsPerClient`. */
  readonly portCount: number;
  /** Where users reach it, as frpc shows it: `:6000`, or its domains. */
  readonly remoteAddress: string;
  readonly counter: TrafficCounter;
  /** To be called about once a second, where there is anything to look at. */
  tick?(nowMs: number): void;
  /** Takes no more users, gives back what it holds, and cuts those that it has. What it held is free when this returns. */
  close(): void;
}

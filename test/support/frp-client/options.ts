import type { MessageOf, OutgoingMessageOf, RandomBytes, WireVersion } from '@tollgate/frp-wire';
import type { ByteStream } from '@tollgate/stream-kit';

/** How a client of tests reaches its server, and who it says it is. Where nothing is said it does as frpc does by itself. */
export interface FrpClientOptions {
  /** The loopback unless told. */
  readonly host?: string;
  readonly port: number;
  /** The address that it comes from, where it matters. */
  readonly from?: string;
  readonly token: string;
  /** `v1` unless told. */
  readonly wire?: WireVersion;
  /** `transport.tcpMux`: one connection for everything. On unless told. */
  readonly mux?: boolean;
  /** `tcp` unless told. `wss` has its TLS outside, and `tls` does not count then. */
  readonly transport?: 'tcp' | 'websocket' | 'wss';
  /** `prefixed`: behind frp's own first byte, as clients before 0.50 have it. `on` unless told; within a WebSocket, if there is one. */
  readonly tls?: 'off' | 'on' | 'prefixed';
  /** What TLS asks for. Nothing unless told, as of frpc whose `serverAddr` is an address. */
  readonly serverName?: string;
  /** A WebSocket's frames are text whatever is in them, as before 0.70. */
  readonly sendsTextFrames?: boolean;
  /** Fields of Login in place of the usual ones: a run id, say, that the client had before. */
  readonly login?: Partial<Omit<OutgoingMessageOf<'login'>, 'type'>>;
  /** `auth.additionalScopes`: which messages besides Login carry the key. */
  readonly scopes?: readonly ('HeartBeats' | 'NewWorkConns')[];
  /** How often it sends a Ping, in milliseconds: without mux every 30 s, else never, unless told. 0 for never. */
  readonly heartbeatMs?: number;
  /** Where IVs, nonces and v2's random come from; node:crypto unless told. */
  readonly randomBytes?: RandomBytes;
  /** Unix seconds; the machine's unless told. */
  readonly nowSeconds?: () => number;
}

/** Where the users of a proxy end up. */
export type LocalService =
  | { readonly host?: string; readonly port: number }
  /** Within the test; not for `udp`. The stream is its own, with the users' bytes in clear. */
  | { readonly handler: (stream: ByteStream, start: MessageOf<'startWorkConn'>) => void };

/** A proxy to be registered: a name, where it leads, and NewProxy's fields. */
export interface ProxyOptions extends Partial<Omit<OutgoingMessageOf<'newProxy'>, 'type' | 'proxyName' | 'proxyType'>> {
  readonly name: string;
  /** Anything: what the server does not know it is to refuse. */
  readonly type: string;
  readonly local: LocalService;
}

import type { ConnectionPlan, ProxyPlan } from './plans';

/** Every way of connecting that frps takes: two wire protocols, with and without mux and TLS, over TCP and WebSocket. */
export const CONNECTIONS: readonly ConnectionPlan[] = (['v1', 'v2'] as const).flatMap((wire) =>
  [true, false].flatMap((mux) =>
    (['on', 'off'] as const).flatMap((tls) =>
      (['tcp', 'websocket'] as const).map((transport) => ({ wire, mux, tls, transport })),
    ),
  ),
);

/** TLS as clients before 0.50 begin it. */
export const PREFIXED_CONNECTIONS: readonly ConnectionPlan[] = [
  { wire: 'v1', mux: true, tls: 'prefixed', transport: 'tcp' },
  { wire: 'v1', mux: false, tls: 'prefixed', transport: 'websocket' },
];

/** TLS outside the WebSocket, for which frps needs another server in front. */
export const WSS_CONNECTIONS: readonly ConnectionPlan[] = [
  { wire: 'v1', mux: true, tls: 'on', transport: 'wss' },
  { wire: 'v2', mux: false, tls: 'on', transport: 'wss' },
];

/** For a client that can be told to be older than it is. */
export const TEXT_CONNECTIONS: readonly ConnectionPlan[] = [
  { wire: 'v1', mux: true, tls: 'off', transport: 'websocket', textFrames: true },
  { wire: 'v1', mux: false, tls: 'on', transport: 'websocket', textFrames: true },
];

/** What a proxy does to its bytes. */
export type Encoding = Pick<ProxyPlan, 'useEncryption' | 'useCompression'> & { readonly name: string };

export const ENCODINGS: readonly Encoding[] = [
  { name: 'plain' },
  { name: 'encrypted', useEncryption: true },
  { name: 'compressed', useCompression: true },
  { name: 'encrypted-compressed', useEncryption: true, useCompression: true },
];

/** The cells that carry a gigabyte both ways, when that is asked for. */
export const LARGE_CELLS: readonly (ConnectionPlan & { readonly encoding: string })[] = [
  { wire: 'v1', mux: true, tls: 'on', transport: 'tcp', encoding: 'plain' },
  { wire: 'v2', mux: true, tls: 'on', transport: 'tcp', encoding: 'encrypted-compressed' },
  { wire: 'v1', mux: false, tls: 'off', transport: 'tcp', encoding: 'encrypted' },
  { wire: 'v1', mux: true, tls: 'on', transport: 'websocket', encoding: 'plain' },
];

export function nameOf({ wire, mux, tls, transport, textFrames = false }: ConnectionPlan): string {
  const secure =
    transport === 'wss' ? '' : ({ on: ', TLS', off: '', prefixed: ', TLS behind its prefix' } as const)[tls];
  return `${wire} over ${transport}${secure}${mux ? ', mux' : ''}${textFrames ? ', in text frames' : ''}`;
}

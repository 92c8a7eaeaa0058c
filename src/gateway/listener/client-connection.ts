import type { ByteStream } from '@tollgate/stream-kit';

/** Whence a client's connection comes, and how. */
export interface Peer {
  /** Without the prefix of addresses of IPv4 within IPv6. */
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly isTls: boolean;
  readonly isWebSocket: boolean;
  /** What its TLS asked for. */
  readonly serverName: string | undefined;
}

/** A connection on the bind port that has taken off its TLS and WebSocket. */
export interface ClientTransport {
  readonly stream: ByteStream;
  /** `yamux`: it carries a session; `messages`: it is a logical stream itself. */
  readonly carries: 'yamux' | 'messages';
  readonly peer: Peer;
  /** To be called when it is no stranger's any more; until then it counts as one that has not introduced itself. */
  readonly onProof: () => void;
}

/** What logical streams of a client come on. */
export interface ClientConnection {
  readonly peer: Peer;
  /** Whether it carries many of them. */
  readonly isMultiplexed: boolean;
  /** Ends it after what was written. */
  end(): void;
  /** Cuts it, and all that it carries. */
  destroy(error?: Error): void;
}

/** The text of an address as everybody writes it (pitfall 21 of the protocol reference). */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** The names under which frp negotiates them. Node has the first only; every v2 client offers both. */
export type AeadAlgorithm = 'aes-256-gcm' | 'xchacha20-poly1305';

export type Direction = 'client-to-server' | 'server-to-client';

const TRANSCRIPT_LABEL = 'frp wire v2 crypto transcript';
const KEY_LABEL = 'frp wire v2 control aead';
const KEY_BYTES = 32;

/** What the hellos have settled; with the token, it makes the keys. */
export interface V2Agreement {
  readonly algorithm: AeadAlgorithm;
  /** {@link transcriptOf} the two hellos. */
  readonly transcript: Buffer;
}

/**
 * Binds the keys to the negotiation (frp `pkg/proto/wire/crypto.go`).
 * @param clientHello the payload of its frame as it was on the wire; to serialise it again may give other bytes
 * @param serverHello likewise
 * @returns a SHA-256
 */
export function transcriptOf(clientHello: Buffer, serverHello: Buffer): Buffer {
  const hash = createHash('sha256').update(TRANSCRIPT_LABEL);
  for (const [label, payload] of [
    ['client hello', clientHello],
    ['server hello', serverHello],
  ] as const) {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(payload.length, 4);
    hash.update(`\0${label}\0`).update(bytes).update(payload);
  }
  return hash.digest();
}

/**
 * The key of one direction of an encrypted control.
 * @param token may be empty
 */
export function controlKey({ algorithm, transcript }: V2Agreement, token: string, direction: Direction): KeyObject {
  const info = `${KEY_LABEL} ${algorithm} ${direction}`;
  return createSecretKey(Buffer.from(hkdfSync('sha256', token, transcript, info, KEY_BYTES)));
}

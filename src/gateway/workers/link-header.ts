import type { MessageOf, WireVersion } from '@tollgate/frp-wire';
import type { UserAddress } from '../vhost/http/http-target';
import type { ConnectionAddresses } from '../vhost/tls/https-vhost';
import { MAX_HEADER_BYTES } from './limits';

/** What a connection between two workers is for: it stands before its bytes. */
export type LinkHeader =
  /** A work connection of a client that is the other worker's. */
  | { readonly to: 'session'; readonly wire: WireVersion; readonly message: MessageOf<'newWorkConn'> }
  /** A connection to the service of an http proxy. */
  | { readonly to: 'http'; readonly id: number; readonly user: UserAddress }
  /** A user of an https proxy. */
  | { readonly to: 'https'; readonly id: number; readonly addresses: ConnectionAddresses };

const LENGTH_BYTES = 4;

export function encodeLinkHeader(header: LinkHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + json.length);
  bytes.writeUInt32BE(json.length);
  json.copy(bytes, LENGTH_BYTES);
  return bytes;
}

/**
 * @param bytes the first of a connection
 * @returns `undefined` when there are too few of them
 * @throws Error when they are no header
 */
export function decodeLinkHeader(bytes: Buffer): { readonly header: LinkHeader; readonly rest: Buffer } | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined;
  const length = bytes.readUInt32BE();
  if (length > MAX_HEADER_BYTES) throw new Error('the header of a connection between workers is too long');
  const end = LENGTH_BYTES + length;
  if (bytes.length < end) return undefined;
  // From the same program, so that it is what it says.
  const header = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end)) as LinkHeader;
  return { header, rest: bytes.subarray(end) };
}

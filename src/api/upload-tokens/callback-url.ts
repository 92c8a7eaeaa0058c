import type { CidrList } from '@tollgate/config';
import { isPublicAddress } from '../uploads/callbacks/public-address';

/** Where a name for this machine leads (RFC 6761, section 6.3). */
const LOOPBACK = '127.0.0.1';

/**
 * Whether an address may be told of an upload, as far as its text shows; what its name leads to is looked at when it is told.
 * @param text https, with a host that is no private address
 * @param allowed networks that may be told although they are not public
 * @returns what is wrong with it; `undefined` when nothing is
 */
export function callbackUrlProblem(text: string, allowed: CidrList): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') return 'must be a whole address that begins with https://';
  if (url.username !== '' || url.password !== '') return 'must not carry a user name or password';
  const address = literalAddressOf(url.hostname);
  if (address === undefined || allowed.contains(address) || isPublicAddress(address)) return undefined;
  return 'must not lead to a private address';
}

/** @returns `undefined` for a name that has to be looked up */
function literalAddressOf(hostname: string): string | undefined {
  const host = hostname.replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return LOOPBACK;
  if (host.startsWith('[')) return host.slice(1, -1);
  // A URL's host that ends in a number is an IPv4 address in its plain form, or the URL is none.
  return /(?:^|\.)\d+$/.test(host) ? host : undefined;
}

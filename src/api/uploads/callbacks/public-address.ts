import ipaddr from 'ipaddr.js';

/** All that is assigned for unicast over the internet (RFC 4291, section 2.4, and IANA's registry). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an address belongs to the internet at large: not to this machine, its network, its provider's inside, nor to a
 * block that means another address (IPv4 in IPv6, 6to4, NAT64, Teredo).
 * @param address without brackets; a text that is no address is not public
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  // To the library everything that is not listed is unicast: `::127.0.0.1`, for one.
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6);
}

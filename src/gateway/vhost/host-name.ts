/**
 * A host as routes know it: lower-case, without port and trailing dot (frp `pkg/util/http/http.go`, CanonicalHost).
 * @param host as a Host field or a TLS server name says it
 */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  const name = withoutPort(lower);
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function withoutPort(host: string): string {
  const colon = host.indexOf(':');
  if (colon === -1) return host;
  if (host.startsWith('[')) {
    const end = host.indexOf(']');
    return end !== -1 && host[end + 1] === ':' ? host.slice(1, end) : host;
  }
  // More than one colon and no brackets: an address of IPv6, which has no port then.
  return host.includes(':', colon + 1) ? host : host.slice(0, colon);
}

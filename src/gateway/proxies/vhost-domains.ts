import { type MessageOf, errorTexts } from '@tollgate/frp-wire';
import type { TunnelToken } from '@tollgate/tunnel-tokens';
import { ProxyRefusedError } from './proxy';

export interface VhostDomainRules {
  /** What follows a proxy's `subdomain` and its dot, in lower case; `undefined`: there are no subdomains. */
  readonly subDomainHost: string | undefined;
  /** Whether several tenants share the gateway, so that what one has is not had by the others. */
  readonly isShared: boolean;
  /** Whether a tenant needs a claim to each of its domains. */
  readonly requiresClaim: boolean;
}

/** Longest name of a host (RFC 1035, section 2.3.4). */
const MAX_HOST_LENGTH = 253;
const HOST = /^(?:\*|(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)$/;

/**
 * The domains that a proxy asks for, in lower case, its subdomain's last (frp `server/proxy/http.go`, `pkg/config/v1/validation`).
 * @throws ProxyRefusedError
 */
export function domainsOf(message: MessageOf<'newProxy'>, token: TunnelToken, rules: VhostDomainRules): string[] {
  const { customDomains, subdomain } = message;
  const { subDomainHost } = rules;
  const domains = customDomains.filter((domain) => domain !== '').map((domain) => domain.toLowerCase());
  for (const domain of domains) {
    if (domain.length > MAX_HOST_LENGTH || !HOST.test(domain)) {
      throw new ProxyRefusedError(`custom domain [${domain.slice(0, MAX_HOST_LENGTH)}] is not valid`);
    }
    if (subDomainHost !== undefined && domain.endsWith(`.${subDomainHost}`)) {
      throw new ProxyRefusedError(errorTexts.proxyDomainOfSubdomainHost(domain, subDomainHost));
    }
    assertClaim(domain, token.customDomains, rules);
  }
  if (subdomain !== '') domains.push(subdomainOf(subdomain.toLowerCase(), token, rules));
  if (domains.length === 0) throw new ProxyRefusedError(errorTexts.proxyNoDomain);
  return [...new Set(domains)];
}

/** Domains as frpc shows them: with the port, unless that is the protocol's own. */
export function shownDomain(domain: string, port: number): string {
  return port === 80 || port === 443 ? domain : `${domain}:${String(port)}`;
}

function subdomainOf(subdomain: string, token: TunnelToken, rules: VhostDomainRules): string {
  const { subDomainHost, isShared, requiresClaim } = rules;
  if (subDomainHost === undefined) throw new ProxyRefusedError(errorTexts.proxyNoSubdomains);
  if (/[.*]/.test(subdomain)) throw new ProxyRefusedError(errorTexts.proxyBadSubdomain);
  if (!HOST.test(subdomain)) throw new ProxyRefusedError(`subdomain [${subdomain}] is not valid`);
  const { subdomains } = token;
  const isClaimed = subdomains === undefined ? !(isShared && requiresClaim) : subdomains.includes(subdomain);
  if (!isClaimed) throw new ProxyRefusedError(`subdomain [${subdomain}] is not allowed for this token`);
  return `${subdomain}.${subDomainHost}`;
}

/** Who has a list keeps to it; wildcards, which take what others might want, need one. */
function assertClaim(
  domain: string,
  claims: readonly string[] | undefined,
  { isShared, requiresClaim }: VhostDomainRules,
): void {
  const isAllowed =
    claims === undefined
      ? !isShared || !(requiresClaim || domain.includes('*'))
      : claims.some((claim) => claim === domain || (!domain.includes('*') && isUnder(domain, claim)));
  if (!isAllowed) throw new ProxyRefusedError(`custom domain [${domain}] is not allowed for this token`);
}

function isUnder(domain: string, claim: string): boolean {
  return claim === '*' || (claim.startsWith('*.') && domain.endsWith(claim.slice(1)));
}

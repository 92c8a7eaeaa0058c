import { errorTexts } from '@tollgate/frp-wire';
import { limitKeyOf, type TunnelToken } from '@tollgate/tunnel-tokens';
import type { ProxyRefusal } from '../ledger/gateway-ledger';
import type { LedgerAccess, WantedProxy } from '../ledger/ledger-access';
import { ProxyRefusedError } from './proxy';

/**
 * Claims for a proxy what is to be had once in all processes of the gateway.
 * @param generation of its client's session
 * @throws ProxyRefusedError
 */
export async function claimPlace(
  ledger: LedgerAccess,
  generation: number,
  token: TunnelToken,
  wanted: Pick<WantedProxy, 'name' | 'ports' | 'maxProxies'>,
): Promise<void> {
  const { id: tokenId, maxPorts = 0, maxConnections = 0 } = token;
  const limitKey = limitKeyOf(token);
  const refusal = await ledger.claimProxy(generation, { tokenId, limitKey, maxPorts, maxConnections, ...wanted });
  if (refusal !== undefined) throw new ProxyRefusedError(REFUSALS[refusal](wanted.name));
}

const REFUSALS: Readonly<Record<ProxyRefusal, (name: string) => string>> = {
  exists: (name) => errorTexts.proxyExists(name),
  ports: () => errorTexts.proxyTooManyPorts,
  proxies: () => 'too many proxies',
  blocked: () => 'closed by an operator, try again later',
  gone: () => 'the client is gone',
};

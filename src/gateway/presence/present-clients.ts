import type { PresentClient } from '@tollgate/domain';
import type { ClientSession } from '../control/client-session';

/** Who is connected, as others see it. */
export function presentClients(sessions: Iterable<ClientSession>, gatewayId: string): PresentClient[] {
  return Array.from(sessions, ({ identity, proxies }) => {
    const { token, runId, connection, login, connectedAtMs } = identity;
    return {
      tokenId: token.id,
      ...(token.accountId === undefined ? {} : { accountId: token.accountId }),
      runId,
      clientAddress: connection.peer.address,
      version: login.version,
      gatewayId,
      sinceMs: connectedAtMs,
      proxies: Array.from(proxies.values(), ({ name, type, remoteAddress, counter }) => ({
        name,
        type,
        remoteAddress,
        connections: counter.connections,
        inBytes: counter.inBytes,
        outBytes: counter.outBytes,
      })),
    };
  });
}

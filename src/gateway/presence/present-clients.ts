import type { PresentClient } from '@tollgate/domain';
import type { ClientSession } from '../control/client-session';

/** Most of a text that comes from a client or grows with what it has, in UTF-16 units; the rest is cut off. */
const MAX_TEXT_LENGTH = 256;

/** Who is connected, as others see it: each as it is when it is asked for. */
export function* presentClients(sessions: Iterable<ClientSession>, gatewayId: string): Generator<PresentClient, void> {
  for (const { identity, proxies } of sessions) {
    const { token, runId, connection, login, connectedAtMs } = identity;
    yield {
      tokenId: token.id,
      ...(token.accountId === undefined ? {} : { accountId: token.accountId }),
      runId,
      clientAddress: connection.peer.address,
      version: cut(login.version),
      gatewayId,
      sinceMs: connectedAtMs,
      proxies: Array.from(proxies.values(), ({ name, type, remoteAddress, counter }) => ({
        name,
        type,
        remoteAddress: cut(remoteAddress),
        connections: counter.connections,
        inBytes: counter.inBytes,
        outBytes: counter.outBytes,
      })),
    };
  }
}

function cut(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH) return text;
  // Half a character is none.
  return `${text.slice(0, MAX_TEXT_LENGTH - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

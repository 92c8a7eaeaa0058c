import { LoginKeyCheck, type MessageOf } from '@tollgate/frp-wire';
import type { TunnelToken } from '@tollgate/tunnel-tokens';
import type { ClientSession } from './client-session';

/** Whether a login is the one, word for word, that somebody else has sent before: whoever listens can repeat it. */
export function isReplay(login: MessageOf<'login'>, former: ClientSession, address: string): boolean {
  const { login: before, connection } = former.identity;
  return (
    login.privilegeKey === before.privilegeKey &&
    login.timestamp === before.timestamp &&
    connection.peer.address !== address
  );
}

/** Whether a message that carries a login key carries that of the token. */
export function provesToken(
  { privilegeKey, timestamp }: MessageOf<'ping' | 'newWorkConn'>,
  { token }: TunnelToken,
): boolean {
  return new LoginKeyCheck(privilegeKey, timestamp).matches(token);
}

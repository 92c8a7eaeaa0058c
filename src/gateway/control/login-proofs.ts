import { LoginKeyCheck, type MessageOf } from '@tollgate/frp-wire';
import type { TunnelToken } from '@tollgate/tunnel-tokens';

/** Whether a message that carries a login key carries that of the token. */
export function provesToken(
  { privilegeKey, timestamp }: MessageOf<'ping' | 'newWorkConn'>,
  { token }: TunnelToken,
): boolean {
  return new LoginKeyCheck(privilegeKey, timestamp).matches(token);
}

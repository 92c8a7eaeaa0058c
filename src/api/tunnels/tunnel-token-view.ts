import type { RotatedTunnelTokens, TunnelToken } from '@tollgate/tunnel-tokens';
import type { z } from 'zod';
import type { rotatedTunnelToken, tunnelToken } from './tunnel.schemas';
import { toFields } from './tunnel-fields';
import { previewTunnelToken, tunnelTokenState } from './tunnel-token-state';

/** A token as answers show it: without its value. */
export function tunnelTokenView(token: TunnelToken, now: Date): z.output<typeof tunnelToken> {
  const { id, accountId, createdAt, supersededBy, supersedes } = token;
  return {
    token_id: id,
    ...(accountId === undefined ? {} : { account_id: accountId }),
    token_preview: previewTunnelToken(token.token),
    state: tunnelTokenState(token, now),
    ...toFields(token.document),
    enabled: token.document['enabled'] === true,
    suspended: token.suspended,
    ...(createdAt === undefined ? {} : { created_at: createdAt.toISOString() }),
    ...(supersededBy === undefined ? {} : { superseded_by: supersededBy }),
    ...(supersedes === undefined ? {} : { supersedes }),
  };
}

/** Both tokens of a rotation, with the value of the new one. */
export function rotatedView({ fresh, retiring }: RotatedTunnelTokens, now: Date): z.output<typeof rotatedTunnelToken> {
  return { ...tunnelTokenView(fresh, now), token: fresh.token, retiring: tunnelTokenView(retiring, now) };
}

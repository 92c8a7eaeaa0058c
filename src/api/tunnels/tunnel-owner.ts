import type { AccountPrincipal } from '@tollgate/auth';
import type { AuditData } from '@tollgate/domain';

/** Who manages tunnel tokens: an account its own, or an operator everybody's and nobody's. */
export type TunnelOwner =
  | {
      readonly kind: 'account';
      readonly accountId: string;
      /** The bearer token that was shown. */ readonly byToken?: string;
    }
  | { readonly kind: 'operator' };

export const OPERATOR: TunnelOwner = { kind: 'operator' };

export function tunnelOwnerOf({ accountId, tokenId }: AccountPrincipal): TunnelOwner {
  return { kind: 'account', accountId, ...(tokenId === undefined ? {} : { byToken: tokenId }) };
}

/** Who it was, for the audit trail. */
export function auditDataOf(owner: TunnelOwner): AuditData {
  if (owner.kind === 'operator') return { by: 'operator' };
  return owner.byToken === undefined ? {} : { by_token: owner.byToken };
}

import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { AuthenticatedRequest, Principal } from '@tollgate/auth';
import { UPLOAD_ADMIN } from '@tollgate/domain';

/** Whose upload tokens and files a caller may see and touch. */
export interface StorageOwner {
  /** An account, or `UPLOAD_ADMIN`; `undefined`: everybody's, for operators. */
  readonly accountId: string | undefined;
  /** Set for a sub-account: only what it issued itself, and what was uploaded with that. */
  readonly iuid?: string;
}

/** Everybody's, for operators. */
export const EVERYBODY: StorageOwner = { accountId: undefined };

/** What belongs to the upload administrator's key. */
export const UPLOAD_ADMINISTRATOR: StorageOwner = { accountId: UPLOAD_ADMIN };

export function storageOwnerOf(principal: Principal): StorageOwner {
  switch (principal.kind) {
    case 'operator':
      return EVERYBODY;
    case 'upload-admin':
      return UPLOAD_ADMINISTRATOR;
    case 'account': {
      const { accountId, subAccount } = principal;
      return subAccount === undefined ? { accountId } : { accountId, iuid: subAccount.iuid };
    }
  }
}

/** Injects the {@link StorageOwner} that the guard of a `StorageAccess` route let in. */
export const Owner = createParamDecorator((_: unknown, context: ExecutionContext): StorageOwner => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (principal === undefined) throw new Error('a storage route has no storage guard');
  return storageOwnerOf(principal);
});

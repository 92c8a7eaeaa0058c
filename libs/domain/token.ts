import type { AccountStatus } from './account';
import type { RateLimit } from './rate-limit';
import type { ValidationLogSetting } from './validation-log';

/** The Qiniu sub-account that created a token; only it and the main account may touch the token. */
export interface SubAccount {
  readonly iuid: string;
  readonly iamAlias?: string;
}

/** A bearer token as stored: its value is not in it, only the value's hash and preview. */
export interface Token {
  readonly id: string;
  readonly accountId: string;
  /** SHA-256 of the value, 32 bytes. */
  readonly hash: Buffer;
  readonly preview: string;
  readonly description: string;
  readonly scopes: readonly string[];
  readonly rateLimit?: RateLimit;
  readonly subAccount?: SubAccount;
  readonly isActive: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt?: Date;
  /** When the record itself goes away; `expiresAt` + the retention. */
  readonly purgeAt?: Date;
  readonly totalRequests: number;
  readonly lastUsedAt?: Date;
}

/** What a validation needs to know, read in one step. */
export interface TokenCredential {
  readonly token: Token;
  readonly account: {
    readonly status: AccountStatus;
    readonly rateLimit?: RateLimit;
    readonly qiniuUid?: number;
    readonly validationLog?: ValidationLogSetting;
  };
}

export type TokenStatus = 'normal' | 'expired' | 'disabled';

/** What a list shows of a token; disabled wins over expired. A token is expired from `expiresAt` on. */
export function tokenStatus(token: Pick<Token, 'isActive' | 'expiresAt'>, now: Date): TokenStatus {
  if (!token.isActive) return 'disabled';
  return token.expiresAt !== undefined && token.expiresAt.getTime() <= now.getTime() ? 'expired' : 'normal';
}

/** What may be changed of a token; what is absent stays. */
export interface TokenChanges {
  readonly description?: string;
  readonly scopes?: readonly string[];
  /** `null` takes the limits away. */
  readonly rateLimit?: RateLimit | null;
}

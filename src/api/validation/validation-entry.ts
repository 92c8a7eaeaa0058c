import { GrantedScopes, type SubAccount, type TokenCredential } from '@tollgate/domain';
import type { LimitedSubject } from '../rate-limits/limited-subject';
import { isoText } from './recent-time';
import { UsageCounter } from './usage-counter';

/** The uid in an account id of simple Qiniu mapping. */
const QINIU_ACCOUNT = /^qiniu_(\d+)$/;

/** A token as the validation path holds it: everything that a verdict or an answer needs, made once. */
export class ValidationEntry {
  readonly tokenId: string;
  readonly accountId: string;
  readonly isActive: boolean;
  /** Milliseconds since the epoch; infinite for a token that never ends. */
  readonly expiresAtMs: number;
  readonly isSuspended: boolean;
  readonly scopes: GrantedScopes;
  /** The sub-account that made the token. */
  readonly subAccount: SubAccount | undefined;
  /** The Qiniu user behind the account; with the sub-account that made the token. */
  readonly qiniuUser: { readonly uid: string; readonly iuid?: string } | undefined;
  /** How long a record of each validation is kept; `undefined` where the account wants none. */
  readonly logRetentionMs: number | undefined;
  /** What was counted since the last batch. */
  readonly use: UsageCounter;

  /** Set when the token was changed after this was loaded: whoever still holds it must look again. */
  isOutdated = false;

  private readonly infoHead: string;

  /**
   * @param subjects whose limits apply to a validation of this token
   * @param loadedAt the cache's change count when the load began
   */
  constructor(
    { token, account }: TokenCredential,
    readonly subjects: readonly LimitedSubject[],
    readonly loadedAt: number,
  ) {
    this.tokenId = token.id;
    this.accountId = token.accountId;
    this.isActive = token.isActive;
    this.expiresAtMs = token.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    this.isSuspended = account.status === 'suspended';
    this.scopes = new GrantedScopes(token.scopes);
    this.logRetentionMs = account.validationLog?.retentionMs;
    this.use = new UsageCounter(token.lastUsedAt?.getTime() ?? 0);
    const simpleUid = QINIU_ACCOUNT.exec(token.accountId)?.[1];
    const uid = simpleUid ?? account.qiniuUid?.toString();
    const { subAccount } = token;
    this.subAccount = subAccount;
    this.qiniuUser =
      uid === undefined ? undefined : { uid, ...(subAccount === undefined ? {} : { iuid: subAccount.iuid }) };
    const info = {
      token_id: token.id,
      ...(simpleUid === undefined ? { account_id: token.accountId } : { uid: simpleUid }),
      ...(subAccount === undefined ? {} : { iuid: subAccount.iuid }),
      ...(subAccount?.iamAlias === undefined ? {} : { iam_alias: subAccount.iamAlias }),
      scope: token.scopes,
      is_active: token.isActive,
      ...(token.expiresAt === undefined ? {} : { expires_at: token.expiresAt.toISOString() }),
    };
    this.infoHead = JSON.stringify(info).slice(0, -1);
  }

  /** The JSON text of `token_info` without its closing brace. All of it but `last_used_at` was made at loading. */
  tokenInfoOpen(): string {
    const { lastUsedMs } = this.use;
    if (lastUsedMs === 0) return this.infoHead;
    return `${this.infoHead},"last_used_at":"${isoText(lastUsedMs)}"`;
  }
}

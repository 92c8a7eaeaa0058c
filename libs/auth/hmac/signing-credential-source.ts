import type { AccountStatus, RateLimit } from '@tollgate/domain';

/** What is needed to check a signature. Held for the length of one request. */
export interface SigningCredential {
  readonly accountId: string;
  readonly status: AccountStatus;
  readonly secretKey: string;
  readonly rateLimit?: RateLimit;
}

/** Where signing secrets come from: our own records, or an external account directory. */
export abstract class SigningCredentialSource {
  /**
   * @returns `undefined` when no account has this AccessKey
   * @throws TollgateError `unavailable` when the source can't be asked
   */
  abstract findByAccessKey(accessKey: string): Promise<SigningCredential | undefined>;
}

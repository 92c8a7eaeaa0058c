import type { RateLimit, TokenCredential } from '@tollgate/domain';
import { type WindowLimits, windowLimits } from '@tollgate/limiter';
import { LimitedSubject } from './limited-subject';

export interface LimitPolicyOptions {
  /** Limits of the whole application; `undefined` switches the layer off. */
  readonly app: WindowLimits | undefined;
  /** Whether the limits stored on accounts, and on tokens, are applied. */
  readonly accounts: boolean;
  readonly tokens: boolean;
}

/** Which limits apply to a request, in the order in which a refusal is named: application, account, token. */
export class LimitPolicy {
  private readonly app: readonly LimitedSubject[];

  constructor(private readonly options: LimitPolicyOptions) {
    const { app } = options;
    this.app = app === undefined ? [] : [new LimitedSubject('app', 'app', 'app', app)];
  }

  /** For a request that nobody is known for. */
  forAnyone(): readonly LimitedSubject[] {
    return this.app;
  }

  /** For a request of an account. */
  forAccount(accountId: string, rateLimit: RateLimit | undefined): readonly LimitedSubject[] {
    const limits = this.options.accounts ? windowLimits(rateLimit) : undefined;
    if (limits === undefined) return this.app;
    return [...this.app, new LimitedSubject('account', `a:${accountId}`, accountId, limits)];
  }

  /** For a validation of a token. */
  forToken({ token, account }: TokenCredential): readonly LimitedSubject[] {
    const subjects = this.forAccount(token.accountId, account.rateLimit);
    const limits = this.options.tokens ? windowLimits(token.rateLimit) : undefined;
    if (limits === undefined) return subjects;
    return [...subjects, new LimitedSubject('token', `t:${token.id}`, token.accountId, limits)];
  }
}

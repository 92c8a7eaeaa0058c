import { Injectable } from '@nestjs/common';
import { Clock, type RateLimit, TollgateError } from '@tollgate/domain';
import { type Decision, RateLimiter } from '@tollgate/limiter';
import { limitHeaderLines } from './limit-headers';
import { LimitPolicy } from './limit-policy';
import type { LimitedSubject } from './limited-subject';

/** What became of a request at its limits. */
export interface LimitOutcome {
  /** Header lines for the answer, refused or not. */
  readonly headerLines: string;
  /** Set when the request is refused. */
  readonly refusal: TollgateError | undefined;
}

const UNLIMITED: LimitOutcome = { headerLines: '', refusal: undefined };

/** Counts requests against the limits of the application and of accounts. */
@Injectable()
export class RequestLimits {
  constructor(
    private readonly policy: LimitPolicy,
    private readonly limiter: RateLimiter,
    private readonly clock: Clock,
  ) {}

  /** A request of nobody in particular. */
  countAnyone(): Promise<LimitOutcome> {
    return this.count(this.policy.forAnyone());
  }

  /** A request of an account: the application's limits and its own, in one step. */
  countAccount(accountId: string, rateLimit: RateLimit | undefined): Promise<LimitOutcome> {
    return this.count(this.policy.forAccount(accountId, rateLimit));
  }

  private async count(subjects: readonly LimitedSubject[]): Promise<LimitOutcome> {
    if (subjects.length === 0) return UNLIMITED;
    const decision = await this.limiter.take(subjects);
    return {
      headerLines: limitHeaderLines(subjects, decision, this.clock.nowMs()),
      refusal: refusalBy(subjects, decision),
    };
  }
}

/** @returns `undefined` when the request may pass */
export function refusalBy(subjects: readonly LimitedSubject[], decision: Decision): TollgateError | undefined {
  const subject = subjects[decision.refusedBy];
  if (subject === undefined) return undefined;
  return new TollgateError('rate_limited', subject.refusalText, { retryAfterSeconds: decision.retryAfterSeconds });
}

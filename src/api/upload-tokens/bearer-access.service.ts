import { Injectable } from '@nestjs/common';
import { type AccountPrincipal, AuthenticationError } from '@tollgate/auth';
import { Clock, TollgateError } from '@tollgate/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RefusalRecorder } from '../audit/refusal-recorder.service';
import { callerOf } from '../http/caller';
import { ValidationMetrics } from '../metrics/validation-metrics';
import { limitHeaderLines, setHeaderLines } from '../rate-limits/limit-headers';
import { refusalBy } from '../rate-limits/request-limits.service';
import { tooManyFromAddress } from '../rate-limits/throttler.guards';
import type { ValidationEntry } from '../validation/validation-entry';
import { ValidationService } from '../validation/validation.service';
import {
  CHALLENGE,
  type CountedLimits,
  REFUSAL_TEXT,
  type RefusalReason,
  type Verdict,
  resultOf,
} from '../validation/verdict';

/**
 * Lets in who shows a bearer token of an account with a scope. It is validated as a service would have it validated: with
 * all its limits, and counted as a use.
 */
@Injectable()
export class BearerAccess {
  constructor(
    private readonly validation: ValidationService,
    private readonly results: ValidationMetrics,
    private readonly refusals: RefusalRecorder,
    private readonly clock: Clock,
  ) {}

  /**
   * @param token as presented
   * @param scope that it must have
   * @throws AuthenticationError; TollgateError `permission_denied` for a token without the scope, `rate_limited`
   */
  async authenticate(
    token: string,
    scope: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<AccountPrincipal> {
    const caller = callerOf(request);
    const question = { token, scopes: [scope], nowMs: this.clock.nowMs(), fresh: false, caller: () => caller };
    const verdict: Verdict = await this.validation.validate(question);
    this.results.count(resultOf(verdict));
    if (verdict.kind === 'throttled') throw tooManyFromAddress(verdict.retryAfterSeconds);
    this.setLimitHeaders(reply, verdict.limits);
    switch (verdict.kind) {
      case 'limited':
        throw refusalBy(verdict.limits.subjects, verdict.limits.decision) ?? new Error('limited by no limit');
      case 'refused':
        void reply.header('www-authenticate', CHALLENGE[verdict.reason]);
        throw this.refusal(verdict.reason, verdict.entry, scope, request);
      case 'valid':
        this.validation.countUse(verdict.entry, question);
        return principalOf(verdict.entry);
    }
  }

  private refusal(
    reason: RefusalReason,
    entry: ValidationEntry | undefined,
    scope: string,
    request: FastifyRequest,
  ): Error {
    if (reason === 'account_suspended') {
      return new AuthenticationError('account suspended', entry?.accountId, 'account_suspended');
    }
    if (reason !== 'scope') return new AuthenticationError(REFUSAL_TEXT[reason], entry?.accountId);
    const message = `the token lacks the scope ${scope}`;
    this.refusals.record({
      action: 'validate_token',
      accountId: entry?.accountId ?? '',
      ...(entry === undefined ? {} : { resourceId: entry.tokenId }),
      caller: callerOf(request),
      errorMessage: message,
    });
    return new TollgateError('permission_denied', message);
  }

  private setLimitHeaders(reply: FastifyReply, limits: CountedLimits | undefined): void {
    if (limits === undefined) return;
    setHeaderLines(reply, limitHeaderLines(limits.subjects, limits.decision, this.clock.nowMs()));
  }
}

function principalOf({ accountId, tokenId, subAccount }: ValidationEntry): AccountPrincipal {
  return {
    kind: 'account',
    accountId,
    via: 'bearer',
    tokenId,
    ...(subAccount === undefined ? {} : { subAccount }),
  };
}

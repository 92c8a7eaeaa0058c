import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, type UsageResult, isPlausibleToken } from '@tollgate/domain';
import { type Decision, RateLimiter } from '@tollgate/limiter';
import type { Caller } from '../http/caller';
import { AddressThrottle } from '../rate-limits/address-throttle.service';
import { LimitPolicy } from '../rate-limits/limit-policy';
import type { LimitedSubject } from '../rate-limits/limited-subject';
import { UsageMeter } from './usage-meter.service';
import { ValidationCache } from './validation-cache.service';
import type { ValidationEntry } from './validation-entry';
import { ValidationLog } from './validation-log.service';
import { type CountedLimits, type GrantedVerdict, type RefusalReason, USAGE_OF, type Verdict } from './verdict';

/** What is asked of a validation. */
export interface ValidationQuestion {
  /** The token as presented; `undefined` when none was. */
  readonly token: string | undefined;
  /** Scopes that must all be granted; may be empty. */
  readonly scopes: readonly string[];
  /** When the question came, in milliseconds since the epoch. */
  readonly nowMs: number;
  /** Whether what is cached should be looked up anew. */
  readonly fresh: boolean;
  /** Who asks. A function, because few validations need to know. */
  readonly caller: () => Caller;
}

/**
 * Decides whether a bearer token may pass. In this order, so that nothing is spent on a request that fails anyway: what is
 * known of the token, its state, its scopes, and last the limits, which count what passes.
 */
@Injectable()
export class ValidationService {
  constructor(
    private readonly cache: ValidationCache,
    private readonly policy: LimitPolicy,
    private readonly limiter: RateLimiter,
    private readonly addresses: AddressThrottle,
    private readonly usage: UsageMeter,
    private readonly log: ValidationLog,
    private readonly clock: Clock,
  ) {}

  /**
   * At once for a token that the cache holds, where limits are counted in this process or taken in advance. Does not count
   * a granted use: see {@link countUse}.
   */
  validate(question: ValidationQuestion): Verdict | Promise<Verdict> {
    const { token } = question;
    if (token === undefined) return this.refuseStranger(question);
    const digest = hash('sha256', token);
    const kept = question.fresh ? undefined : this.cache.findKept(digest, question.nowMs);
    if (kept !== undefined) return this.judge(kept, question, question.nowMs);
    // Only now: what the cache holds has proved its form, and junk must not reach the store.
    if (!isPlausibleToken(token)) return this.refuseStranger(question);
    if (!this.cache.wasKnown(digest)) return this.validateUnknown(digest, question);
    const entry = question.fresh ? this.cache.findFresh(digest) : this.cache.find(digest);
    return entry instanceof Promise
      ? entry.then((loaded) => this.judgeLoaded(loaded, question))
      : this.judgeLoaded(entry, question);
  }

  /**
   * What became of a granted token while something else was waited for: the same, or how it must be refused now.
   * @param granted a verdict of {@link validate} on the same question
   */
  async confirm(granted: GrantedVerdict, question: ValidationQuestion): Promise<Verdict> {
    const { entry, limits } = granted;
    if (this.cache.isCurrent(entry) || question.token === undefined) return granted;
    const found = await this.cache.find(hash('sha256', question.token));
    if (found === undefined) return { kind: 'refused', reason: 'not_found', entry: undefined, limits };
    const reason = this.reasonAgainst(found, question.scopes, this.clock.nowMs());
    if (reason === undefined) return { kind: 'valid', entry: found, limits };
    this.count(found, USAGE_OF[reason], question);
    return { kind: 'refused', reason, entry: found, limits };
  }

  /**
   * For a request whose body makes no sense: it is counted like any other, against the address that shows no token, or
   * none that is known, and against the application.
   * @returns `refused` when nothing but the body is wrong
   */
  refuseMalformed(question: ValidationQuestion): Verdict | Promise<Verdict> {
    const { token } = question;
    const isKnown = token !== undefined && this.cache.wasKnown(hash('sha256', token));
    return isKnown ? this.refused(undefined, 'not_found', this.policy.forAnyone()) : this.refuseStranger(question);
  }

  /** Counts a granted use; after the answer was made, which tells of the use before. */
  countUse(entry: ValidationEntry, question: ValidationQuestion): void {
    this.count(entry, 'valid', question);
  }

  /** A token that this process never saw: few of them at once for one address, since each is a question to the store. */
  private validateUnknown(digest: string, question: ValidationQuestion): Verdict | Promise<Verdict> {
    const { ip } = question.caller();
    const seconds = this.addresses.blockedSeconds('unknown-token', ip);
    if (seconds > 0) return { kind: 'throttled', retryAfterSeconds: seconds };
    const isAsked = this.cache.isLoading(digest);
    if (!isAsked && !this.addresses.enter('unknown-token', ip)) return { kind: 'throttled', retryAfterSeconds: 1 };
    return this.findUnknown(digest, isAsked ? undefined : ip).then((loaded) => this.judgeLoaded(loaded, question));
  }

  /** @param enteredFrom the address to {@link AddressThrottle.leave} with the answer */
  private async findUnknown(digest: string, enteredFrom: string | undefined): Promise<ValidationEntry | undefined> {
    try {
      return await this.cache.find(digest);
    } finally {
      if (enteredFrom !== undefined) this.addresses.leave('unknown-token', enteredFrom);
    }
  }

  private judgeLoaded(entry: ValidationEntry | undefined, question: ValidationQuestion): Verdict | Promise<Verdict> {
    return entry === undefined ? this.refuseStranger(question) : this.judge(entry, question, this.clock.nowMs());
  }

  private judge(entry: ValidationEntry, question: ValidationQuestion, nowMs: number): Verdict | Promise<Verdict> {
    const reason = this.reasonAgainst(entry, question.scopes, nowMs);
    if (reason !== undefined) return this.refuse(entry, reason, question);
    const { subjects } = entry;
    if (subjects.length === 0) return { kind: 'valid', entry, limits: undefined };
    const decision = this.limiter.take(subjects);
    return decision instanceof Promise
      ? decision.then((made) => this.grantAfterWait(entry, made, question))
      : this.grant(entry, decision, question);
  }

  private reasonAgainst(
    entry: ValidationEntry,
    scopes: readonly string[],
    nowMs: number,
  ): Exclude<RefusalReason, 'not_found'> | undefined {
    if (!entry.isActive) return 'inactive';
    if (entry.expiresAtMs <= nowMs) return 'expired';
    if (entry.isSuspended) return 'account_suspended';
    return entry.scopes.grantsAll(scopes) ? undefined : 'scope';
  }

  private grant(entry: ValidationEntry, decision: Decision, question: ValidationQuestion): Verdict {
    const limits = { subjects: entry.subjects, decision };
    if (decision.refusedBy < 0) return { kind: 'valid', entry, limits };
    this.count(entry, 'limited', question);
    return { kind: 'limited', entry, limits };
  }

  private grantAfterWait(
    entry: ValidationEntry,
    decision: Decision,
    question: ValidationQuestion,
  ): Verdict | Promise<Verdict> {
    const verdict = this.grant(entry, decision, question);
    return verdict.kind === 'valid' ? this.confirm(verdict, question) : verdict;
  }

  private refuse(
    entry: ValidationEntry,
    reason: Exclude<RefusalReason, 'not_found'>,
    question: ValidationQuestion,
  ): Verdict | Promise<Verdict> {
    // A live token that asks for too much is a validation like any other. One that is dead must not use up what its
    // account's other tokens need.
    const subjects = reason === 'scope' ? entry.subjects : this.policy.forAnyone();
    const verdict = this.refused(entry, reason, subjects);
    return verdict instanceof Promise
      ? verdict.then((made) => this.counted(entry, reason, made, question))
      : this.counted(entry, reason, verdict, question);
  }

  private counted(
    entry: ValidationEntry,
    reason: Exclude<RefusalReason, 'not_found'>,
    verdict: Verdict,
    question: ValidationQuestion,
  ): Verdict {
    this.count(entry, verdict.kind === 'limited' ? 'limited' : USAGE_OF[reason], question);
    return verdict;
  }

  /** For what is no token at all, or none that anybody knows: counts against the address that shows it. */
  private refuseStranger(question: ValidationQuestion): Verdict | Promise<Verdict> {
    const seconds = this.addresses.count('unknown-token', question.caller().ip);
    return seconds instanceof Promise ? seconds.then((told) => this.turnAway(told)) : this.turnAway(seconds);
  }

  private turnAway(throttledSeconds: number): Verdict | Promise<Verdict> {
    if (throttledSeconds > 0) return { kind: 'throttled', retryAfterSeconds: throttledSeconds };
    return this.refused(undefined, 'not_found', this.policy.forAnyone());
  }

  /** A refused request still is one to the application. */
  private refused(
    entry: ValidationEntry | undefined,
    reason: RefusalReason,
    subjects: readonly LimitedSubject[],
  ): Verdict | Promise<Verdict> {
    if (subjects.length === 0) return { kind: 'refused', reason, entry, limits: undefined };
    const decision = this.limiter.take(subjects);
    return decision instanceof Promise
      ? decision.then((made) => afterRefusal(entry, reason, subjects, made))
      : afterRefusal(entry, reason, subjects, decision);
  }

  private count(entry: ValidationEntry, result: UsageResult, question: ValidationQuestion): void {
    const nowMs = this.clock.nowMs();
    this.usage.record(entry, result, nowMs);
    if (entry.logRetentionMs !== undefined) this.log.record(entry, result, question.scopes, question.caller, nowMs);
  }
}

function afterRefusal(
  entry: ValidationEntry | undefined,
  reason: RefusalReason,
  subjects: readonly LimitedSubject[],
  decision: Decision,
): Verdict {
  const limits: CountedLimits = { subjects, decision };
  return decision.refusedBy < 0 ? { kind: 'refused', reason, entry, limits } : { kind: 'limited', entry, limits };
}

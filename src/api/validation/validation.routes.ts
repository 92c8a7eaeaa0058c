import { Injectable } from '@nestjs/common';
import { AuthenticationError, type AuthenticatedRequest } from '@tollgate/auth';
import { Clock } from '@tollgate/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RefusalRecorder } from '../audit/refusal-recorder.service';
import { type Caller, callerOf } from '../http/caller';
import { canSendPrepared, sendPrepared } from '../http/prepared-answer';
import { RequestDurations, type RouteByStatus } from '../metrics/request-durations';
import { ValidationMetrics } from '../metrics/validation-metrics';
import { limitHeaderLines, setHeaderLines } from '../rate-limits/limit-headers';
import { refusalBy } from '../rate-limits/request-limits.service';
import { tooManyFromAddress } from '../rate-limits/throttler.guards';
import { UserDirectory } from './user-directory';
import { type RequestedScopes, ValidateBodies, asksFresh, bearerTokenOf } from './validate-request';
import type { ValidationEntry } from './validation-entry';
import { type ValidationQuestion, ValidationService } from './validation.service';
import {
  CHALLENGE,
  type CountedLimits,
  type GrantedVerdict,
  REFUSAL_TEXT,
  type RefusalReason,
  type Verdict,
  resultOf,
} from './verdict';

const VALIDATE_PATH = '/api/v2/validate';
const VALIDATE_USER_PATH = '/api/v2/validateu';

/** The routes of a validation. */
export const VALIDATION_PATHS = [VALIDATE_PATH, VALIDATE_USER_PATH] as const;

const JSON_TYPE = 'application/json; charset=utf-8';

type Answer = FastifyReply | Promise<FastifyReply>;

/**
 * `POST /api/v2/validate` and `/validateu`, on Fastify itself: they are called before every request of every service,
 * and Nest's guards, pipes and interceptors would cost more than the validation.
 */
@Injectable()
export class ValidationRoutes {
  private readonly bodies = new ValidateBodies();
  private readonly plainDurations: RouteByStatus;
  private readonly userDurations: RouteByStatus;

  constructor(
    private readonly validation: ValidationService,
    private readonly users: UserDirectory,
    private readonly refusals: RefusalRecorder,
    private readonly durations: RequestDurations,
    private readonly results: ValidationMetrics,
    private readonly clock: Clock,
  ) {
    this.plainDurations = durations.of('POST', VALIDATE_PATH);
    this.userDurations = durations.of('POST', VALIDATE_USER_PATH);
  }

  register(fastify: FastifyInstance): void {
    fastify.post(VALIDATE_PATH, (request, reply) => this.validate(request, reply, false));
    fastify.post(VALIDATE_USER_PATH, (request, reply) => this.validate(request, reply, true));
  }

  private validate(request: FastifyRequest, reply: FastifyReply, withUser: boolean): Answer {
    const { authorization, 'cache-control': cacheControl } = request.headers;
    const token = bearerTokenOf(authorization);
    const nowMs = this.clock.nowMs();
    const caller = (): Caller => callerOf(request);
    let asked: RequestedScopes;
    try {
      asked = this.bodies.read((request as AuthenticatedRequest).rawBody);
    } catch (error) {
      return this.refuseBody(reply, { token, scopes: [], nowMs, fresh: false, caller }, error);
    }
    const fresh = cacheControl !== undefined && asksFresh(cacheControl);
    const question: ValidationQuestion = { token, scopes: asked.scopes, nowMs, fresh, caller };
    const verdict = this.validation.validate(question);
    return verdict instanceof Promise
      ? verdict.then((judged) => this.answer(request, reply, asked, question, judged, withUser))
      : this.answer(request, reply, asked, question, verdict, withUser);
  }

  /** A limit that is reached comes before what is wrong with the body. */
  private async refuseBody(reply: FastifyReply, question: ValidationQuestion, error: unknown): Promise<FastifyReply> {
    const verdict = await this.validation.refuseMalformed(question);
    if (verdict.kind === 'throttled') throw tooManyFromAddress(verdict.retryAfterSeconds);
    this.setLimitHeaders(reply, verdict.limits);
    if (verdict.kind === 'limited') throw limitRefusal(verdict.limits);
    throw error;
  }

  private answer(
    request: FastifyRequest,
    reply: FastifyReply,
    asked: RequestedScopes,
    question: ValidationQuestion,
    verdict: Verdict,
    withUser: boolean,
  ): Answer {
    // A grant that waits for the directory may become a refusal meanwhile.
    if (verdict.kind !== 'valid' || !withUser) this.results.count(resultOf(verdict));
    switch (verdict.kind) {
      case 'valid':
        return this.answerValid(request, reply, asked, question, verdict, withUser);
      case 'refused':
        this.setLimitHeaders(reply, verdict.limits);
        if (question.token === undefined) {
          void reply.header('www-authenticate', 'Bearer');
          throw new AuthenticationError('invalid authorization header');
        }
        this.recordRefusal(request, verdict.reason, verdict.entry);
        return reply
          .code(401)
          .header('content-type', JSON_TYPE)
          .header('www-authenticate', CHALLENGE[verdict.reason])
          .send(refusalJson(verdict.reason, asked));
      case 'limited':
        this.setLimitHeaders(reply, verdict.limits);
        throw limitRefusal(verdict.limits);
      case 'throttled':
        throw tooManyFromAddress(verdict.retryAfterSeconds);
    }
  }

  private answerValid(
    request: FastifyRequest,
    reply: FastifyReply,
    asked: RequestedScopes,
    question: ValidationQuestion,
    verdict: GrantedVerdict,
    withUser: boolean,
  ): Answer {
    if (withUser) return this.answerWithUser(request, reply, asked, question, verdict);
    const { entry, limits } = verdict;
    const info = entry.tokenInfoOpen();
    this.validation.countUse(entry, question);
    return this.send(request, reply, this.plainDurations, validJson(`${info}}`, asked), limits);
  }

  private async answerWithUser(
    request: FastifyRequest,
    reply: FastifyReply,
    asked: RequestedScopes,
    question: ValidationQuestion,
    granted: GrantedVerdict,
  ): Promise<FastifyReply> {
    const user = await this.users.find(granted.entry.qiniuUser);
    // The directory may take seconds, in which the token may have been revoked.
    const verdict = await this.validation.confirm(granted, question);
    if (verdict.kind !== 'valid') return this.answer(request, reply, asked, question, verdict, true);
    this.results.count('valid');
    const info = verdict.entry.tokenInfoOpen();
    this.validation.countUse(verdict.entry, question);
    const json = validJson(`${info},"user_info":${JSON.stringify(user ?? null)}}`, asked);
    return this.send(request, reply, this.userDurations, json, verdict.limits);
  }

  private send(
    request: FastifyRequest,
    reply: FastifyReply,
    durations: RouteByStatus,
    body: string,
    limits: CountedLimits | undefined,
  ): FastifyReply {
    if (!canSendPrepared(request, reply)) {
      this.setLimitHeaders(reply, limits);
      return reply.header('content-type', JSON_TYPE).send(body);
    }
    const nowMs = this.clock.nowMs();
    const lines = limits === undefined ? '' : limitHeaderLines(limits.subjects, limits.decision, nowMs);
    this.durations.record(durations, 200, request.raw.startedMs);
    return sendPrepared(reply, lines, body, nowMs);
  }

  private setLimitHeaders(reply: FastifyReply, limits: CountedLimits | undefined): void {
    if (limits === undefined) return;
    setHeaderLines(reply, limitHeaderLines(limits.subjects, limits.decision, this.clock.nowMs()));
  }

  private recordRefusal(request: FastifyRequest, reason: RefusalReason, entry: ValidationEntry | undefined): void {
    this.refusals.record({
      action: 'validate_token',
      accountId: entry?.accountId ?? '',
      ...(entry === undefined ? {} : { resourceId: entry.tokenId }),
      caller: callerOf(request),
      errorMessage: REFUSAL_TEXT[reason],
    });
  }
}

function limitRefusal({ subjects, decision }: CountedLimits): Error {
  return refusalBy(subjects, decision) ?? new Error('limited by no limit');
}

function validJson(tokenInfo: string, { grantedJson }: RequestedScopes): string {
  return `{"valid":true,"message":"Token is valid","token_info":${tokenInfo}${grantedJson}}`;
}

function refusalJson(reason: RefusalReason, { requested }: RequestedScopes): string {
  return JSON.stringify({
    valid: false,
    message: REFUSAL_TEXT[reason],
    ...(reason === 'scope' ? { permission_check: { requested, granted: false } } : {}),
  });
}

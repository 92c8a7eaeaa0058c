import { Injectable } from '@nestjs/common';
import { AuthenticationError } from '@tollgate/auth';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RefusalRecorder } from '../audit/refusal-recorder.service';
import { callerOf } from '../http/caller';
import { UserDirectory } from './user-directory';
import { type RequestedScopes, bearerTokenOf, parseValidateBody } from './validate-request';
import type { ValidationEntry } from './validation-entry';
import { ValidationService } from './validation.service';
import { REFUSAL_TEXT, type RefusalReason, type Verdict } from './verdict';

const JSON_TYPE = 'application/json; charset=utf-8';
/** RFC 6750, section 3.1: what a client may do about each refusal. */
const CHALLENGE: Readonly<Record<RefusalReason, string>> = {
  not_found: 'Bearer error="invalid_token"',
  inactive: 'Bearer error="invalid_token"',
  expired: 'Bearer error="invalid_token"',
  account_suspended: 'Bearer error="invalid_token"',
  scope: 'Bearer error="insufficient_scope"',
};

/**
 * `POST /api/v2/validate` and `/validateu`, on Fastify itself: they are called before every request of every service,
 * and Nest's guards, pipes and interceptors would cost more than the validation.
 */
@Injectable()
export class ValidationRoutes {
  constructor(
    private readonly validation: ValidationService,
    private readonly users: UserDirectory,
    private readonly refusals: RefusalRecorder,
  ) {}

  register(fastify: FastifyInstance): void {
    fastify.post('/api/v2/validate', (request, reply) => this.validate(request, reply, false));
    fastify.post('/api/v2/validateu', (request, reply) => this.validate(request, reply, true));
  }

  private validate(
    request: FastifyRequest,
    reply: FastifyReply,
    withUser: boolean,
  ): FastifyReply | Promise<FastifyReply> {
    const token = bearerTokenOf(request.headers.authorization);
    if (token === undefined) {
      void reply.header('www-authenticate', 'Bearer');
      throw new AuthenticationError('invalid authorization header');
    }
    const asked = parseValidateBody(request.body);
    const verdict = this.validation.validate(token, asked.scopes);
    return verdict instanceof Promise
      ? verdict.then((judged) => this.answer(request, reply, asked, judged, withUser))
      : this.answer(request, reply, asked, verdict, withUser);
  }

  private answer(
    request: FastifyRequest,
    reply: FastifyReply,
    asked: RequestedScopes,
    verdict: Verdict,
    withUser: boolean,
  ): FastifyReply | Promise<FastifyReply> {
    void reply.header('content-type', JSON_TYPE);
    if (!verdict.valid) {
      this.recordRefusal(request, verdict.reason, verdict.entry);
      return reply
        .code(401)
        .header('www-authenticate', CHALLENGE[verdict.reason])
        .send(refusalJson(verdict.reason, asked));
    }
    const { entry } = verdict;
    const info = entry.tokenInfoOpen();
    this.validation.countUse(entry);
    if (!withUser) return reply.send(validJson(`${info}}`, asked));
    return this.users
      .find(entry.qiniuUser)
      .then((user) => reply.send(validJson(`${info},"user_info":${JSON.stringify(user ?? null)}}`, asked)));
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

function validJson(tokenInfo: string, { requested }: RequestedScopes): string {
  const check =
    requested === undefined ? '' : `,"permission_check":{"requested":${JSON.stringify(requested)},"granted":true}`;
  return `{"valid":true,"message":"Token is valid","token_info":${tokenInfo}${check}}`;
}

function refusalJson(reason: RefusalReason, { requested }: RequestedScopes): string {
  return JSON.stringify({
    valid: false,
    message: REFUSAL_TEXT[reason],
    ...(reason === 'scope' ? { permission_check: { requested, granted: false } } : {}),
  });
}
